package policy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath string
	Name       string
	Doc        string
	Standard   bool
	Module     *struct{ Path string }
	Imports    []string
	Deps       []string
	GoFiles    []string
}

// list returns every package of this module, and by path everything it needs.
func list(t *testing.T) (own []pkg, all map[string]pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Name,Doc,Standard,Module,Imports,Deps,GoFiles", "clew/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all = map[string]pkg{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
		if p.Module != nil && p.Module.Path == "clew" {
			own = append(own, p)
		}
	}
	if len(own) < 10 {
		t.Fatalf("only %d packages found: the rules below would check nothing", len(own))
	}
	return own, all
}

// under reports whether path is root or lies in it.
func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func underAny(path string, roots []string) bool {
	for _, r := range roots {
		if under(path, r) {
			return true
		}
	}
	return false
}

// rooms says what each room may import of this module, and why not more.
var rooms = []struct {
	room   string
	may    []string
	reason string
}{
	{"clew/internal/signal", nil, "the vocabulary must be importable from everywhere, the Lambda extension included"},
	{"clew/internal/query", []string{"clew/internal/signal"}, "a question is data; engines know it, it knows no engine"},
	{"clew/internal/store", []string{"clew/internal/signal", "clew/internal/query", "clew/internal/store"}, "engines must not know who asks or who sends"},
	{"clew/internal/price", nil, "prices are data, and arithmetic on it"},
	{"clew/internal/transaction", []string{"clew/internal/signal", "clew/internal/lambda", "clew/internal/price"}, "it is pure, so that every order of arrival can be tested"},
	{"clew/internal/story", []string{"clew/internal/signal", "clew/internal/store", "clew/internal/query", "clew/internal/transaction"}, "it reads what belongs together, whoever asks"},
	{"clew/internal/issue", []string{"clew/internal/signal", "clew/internal/query", "clew/internal/transaction"}, "what an issue is, is decided from one transaction"},
	{"clew/internal/function", []string{"clew/internal/signal", "clew/internal/store", "clew/internal/query", "clew/internal/transaction", "clew/internal/lambda", "clew/internal/price"}, "it counts what a store holds, whoever asks"},
	{"clew/internal/alert", []string{"clew/internal/signal", "clew/internal/query"}, "a rule is data and its steps are pure, so that the past can be tried"},
	{"clew/internal/weave", []string{"clew/internal/signal", "clew/internal/query", "clew/internal/store", "clew/internal/story", "clew/internal/transaction", "clew/internal/issue", "clew/internal/meta"}, "it watches and reads; nobody waits for it"},
	{"clew/internal/triage", []string{"clew/internal/api"}, "it asks like anybody else does"},
	{"clew/internal/tail", []string{"clew/internal/signal", "clew/internal/query"}, "it hands on what passes"},
	{"clew/internal/watch", []string{"clew/internal/signal", "clew/internal/query", "clew/internal/alert", "clew/internal/notify", "clew/internal/meta", "clew/internal/issue"}, "it brings rules, data and destinations together; each works without it"},
	{"clew/internal/notify", []string{"clew/internal/notify"}, "a destination does not know why somebody is told"},
	{"clew/internal/lambda", []string{"clew/internal/signal"}, "the Lambda extension reads events, too"},
	{"clew/internal/normalise", []string{"clew/internal/signal", "clew/internal/lambda"}, "one set of rules after every decoder"},
	{"clew/internal/pipeline", []string{"clew/internal/signal", "clew/internal/pipeline"}, "a stage sees a batch and nothing else"},
	{"clew/internal/ingest", []string{"clew/internal/signal", "clew/internal/store", "clew/internal/pipeline", "clew/internal/normalise", "clew/internal/lambda", "clew/internal/ingest"}, "the way in must not know the way out"},
	{"clew/internal/connect", nil, "it is data, for whoever shows it"},
	{"clew/internal/explain", []string{"clew/internal/api"}, "it shows what a server answers, and finds out nothing"},
	{"clew/internal/api", []string{"clew/internal/signal", "clew/internal/query", "clew/internal/store", "clew/internal/transaction", "clew/internal/story", "clew/internal/function", "clew/internal/tail", "clew/internal/lambda", "clew/internal/issue", "clew/internal/price", "clew/internal/connect", "clew/internal/alert", "clew/internal/watch", "clew/internal/notify", "clew/internal/meta", "clew/internal/api"}, "the way out must not know the way in"},
	{"clew/internal/auth", []string{"clew/internal/signal", "clew/internal/meta"}, "access is decided without telemetry"},
	{"clew/internal/meta", []string{"clew/internal/signal", "clew/internal/issue"}, "it keeps rows and decides nothing"},
	{"clew/internal/server", nil, "it runs listeners, whatever is served"},
	{"clew/internal/web", nil, "it serves files, whatever is in them"},
	{"clew/internal/config", nil, "settings are read before anything else exists"},
	{"clew/internal/sandbox", []string{"clew/internal/sandbox"}, "a Lambda does not know who watches it"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	own, _ := list(t)
	for _, rule := range rooms {
		seen := false
		for _, p := range own {
			if !under(p.ImportPath, rule.room) {
				continue
			}
			seen = true
			for _, imp := range p.Imports {
				if under(imp, "clew") && !underAny(imp, rule.may) && !under(imp, rule.room) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, rule.reason)
				}
			}
		}
		if !seen {
			t.Errorf("no package under %s: the rule checks nothing", rule.room)
		}
	}
}

// banned says what must not be reachable from a package, however far away.
var banned = []struct {
	from, what string
	reason     string
}{
	{"clew/cmd/clew", "google.golang.org/grpc", "5 MB for what 60 lines over net/http do"},
	{"clew/cmd/clew", "go.opentelemetry.io/collector", "pdata is the oracle in tests; our decoder is several times faster"},
	{"clew/cmd/clew", "testing", "test code in the binary"},
	{"clew/internal/transaction", "net", "it is pure"},
	{"clew/internal/transaction", "os", "it is pure"},
	{"clew/internal/query", "net", "a question is data"},
	{"clew/internal/alert", "net", "a rule is data and its steps are pure"},
}

func TestNothingBannedIsReachable(t *testing.T) {
	_, all := list(t)
	for _, rule := range banned {
		p, ok := all[rule.from]
		if !ok {
			t.Errorf("no package %s: the rule checks nothing", rule.from)
		}
		for _, dep := range p.Deps {
			direct := all[dep].Standard && dep != rule.what // net/url is not net
			if under(dep, rule.what) && !direct {
				t.Errorf("%s reaches %s: %s", rule.from, dep, rule.reason)
			}
		}
	}
}

func TestSignalImportsTheStandardLibraryOnly(t *testing.T) {
	_, all := list(t)
	for _, dep := range all["clew/internal/signal"].Deps {
		if !all[dep].Standard {
			t.Errorf("internal/signal reaches %s", dep)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	own, _ := list(t)
	for _, p := range own {
		if len(p.Doc) < 30 && len(p.GoFiles) > 0 {
			t.Errorf("%s has no opening paragraph", p.ImportPath)
		}
		for _, homeless := range []string{"util", "utils", "common", "helper", "helpers", "misc"} {
			if p.Name == homeless {
				t.Errorf("%s: a package named %q is a room nobody lives in", p.ImportPath, homeless)
			}
		}
	}
}
