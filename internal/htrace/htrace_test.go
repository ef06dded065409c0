package htrace

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/otlp"
	"clew/internal/store"
)

// importer sends to a door and notes what it complains of.
func importer(t *testing.T) (*Importer, *ingesttest.Store, *[]string) {
	t.Helper()
	st, _, addr := ingesttest.Door(t, otlp.Receiver)
	var said []string
	return &Importer{
		Endpoint: "http://" + addr + "/", Token: ingesttest.Token, Client: http.DefaultClient,
		Complain: func(file string, line int, err error) {
			said = append(said, fmt.Sprintf("%s:%d: %v", filepath.Base(file), line, err))
		},
		Progress: func(Count) {},
	}, st, &said
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// row is a span as it arrived, with its service.
type row struct {
	Service, Trace, ID, Parent, Name, Kind string
	Start, End                             int64
	Attrs                                  map[string]any
	Events                                 []struct {
		At   int64
		Name string
	}
	Links []struct{ Trace, Span string }
}

func arrived(t *testing.T, st *ingesttest.Store) (rows []row) {
	t.Helper()
	for _, raw := range st.Take() {
		var dump struct {
			Groups []struct {
				Resource map[string]any
				Spans    []row
			}
		}
		if err := json.Unmarshal(raw, &dump); err != nil {
			t.Fatal(err)
		}
		for _, g := range dump.Groups {
			for _, s := range g.Spans {
				s.Service, _ = g.Resource["service.name"].(string)
				rows = append(rows, s)
			}
		}
	}
	return rows
}

func TestRecorded(t *testing.T) {
	im, st, said := importer(t)
	if err := im.Files(t.Context(), []string{"testdata/hdfs.json"}); err != nil || len(*said) > 0 {
		t.Fatal(err, *said)
	}
	rows := arrived(t, st)
	if len(rows) != 2 || im.Count != (Count{Files: 1, Spans: 2}) {
		t.Fatalf("%+v, %+v", im.Count, rows)
	}
	child, root := rows[0], rows[1]
	if root.Name != "getFileInfo" || root.Service != "NameNode" || root.Kind != "internal" || root.Parent != "" ||
		root.Trace != "0000000000000000"+"9d842d96b47e5f01" || root.ID != "7074041484b09b2c" ||
		root.Start != 1795271630582e6 || root.End != 1795271630737e6 ||
		root.Attrs["path"] != "/data/žluť 🧵" || root.Attrs["uri"] != "hdfs://nn/data?token=***" ||
		len(root.Events) != 1 || root.Events[0].Name != "checked the lease" || root.Events[0].At != 1795271630583e6 {
		t.Errorf("root %+v", root)
	}
	if child.Trace != root.Trace || child.Parent != root.ID || child.Name != "readBlock" {
		t.Errorf("child %+v", child)
	}
}

func TestManyParents(t *testing.T) {
	im, st, _ := importer(t)
	name := file(t, "x", `{"a":"00000000000000010000000000000002","b":1,"p":["00000000000000090000000000000003","00000000000000010000000000000004","00000000000000010000000000000005"]}`)
	if err := im.Files(t.Context(), []string{name}); err != nil {
		t.Fatal(err)
	}
	s := arrived(t, st)[0]
	if s.Parent != "0000000000000004" || len(s.Links) != 2 || !strings.HasSuffix(s.Links[0].Trace, "9") || !strings.HasSuffix(s.Links[1].Span, "5") || s.End != 0 {
		t.Errorf("%+v", s)
	}
}

func TestBadLines(t *testing.T) {
	im, st, said := importer(t)
	good := `{"a":"00000000000000010000000000000002","b":1700000000000,"e":1700000000001,"d":"x","r":"one/two"}`
	name := file(t, "bad.json", strings.Join([]string{
		good, "", "{", `{"a":"12","b":1}`, `{"a":"0000000000000000000000000000000x","b":1}`, `{"a":"00000000000000010000000000000000","b":1}`,
		`{"a":"00000000000000010000000000000002"}`, `{"a":"00000000000000010000000000000002","b":1,"p":["7"]}`, `[]`, `{"b":"soon"}`, good,
	}, "\n"))
	if err := im.Files(t.Context(), []string{name}); err != nil {
		t.Fatal(err)
	}
	if im.Count != (Count{Files: 1, Spans: 2, Bad: 8}) {
		t.Errorf("%+v", im.Count)
	}
	if rows := arrived(t, st); len(rows) != 2 || rows[0].Service != "one/two" {
		t.Errorf("%+v", rows)
	}
	want := []string{"bad.json:3: not a span", "bad.json:4: span id (a)", "bad.json:5: span id", "bad.json:6: span id", "bad.json:7: no begin (b)", `bad.json:8: "7"`, "bad.json:9: not a span", "bad.json:10: not a span"}
	for i, w := range want {
		if i >= len(*said) || !strings.HasPrefix((*said)[i], w) {
			t.Fatalf("complaint %d of %q is not %q", i, *said, w)
		}
	}
}

func TestLargeAndGzipped(t *testing.T) {
	var plain, packed bytes.Buffer
	const spans = 2*batchSpans + 500
	for i := range spans {
		fmt.Fprintf(&plain, "{\"a\":\"0000000000000001%016x\",\"b\":1700000000000,\"r\":\"t%d\"}\n", i+1, i%3)
	}
	z := gzip.NewWriter(&packed)
	z.Write(plain.Bytes())
	z.Close()
	im, st, said := importer(t)
	requests := 0
	im.Progress = func(Count) { requests++ }
	if err := im.Files(t.Context(), []string{file(t, "a.gz", packed.String()), file(t, "b", plain.String())}); err != nil {
		t.Fatal(err)
	}
	if n := len(arrived(t, st)); n != 2*spans || im.Count != (Count{Files: 2, Spans: n}) || requests != 5 || len(*said) > 0 {
		t.Errorf("%d spans in %d requests, %+v, %q", n, requests, im.Count, *said)
	}
	broken := file(t, "c.gz", packed.String()[:packed.Len()/2])
	if err := im.Files(t.Context(), []string{broken}); err == nil || !strings.Contains(err.Error(), "c.gz") || im.Count.Files != 2 {
		t.Errorf("a cut file: %v, %+v", err, im.Count)
	}
	if n := len(arrived(t, st)); n == 0 {
		t.Error("what stood before the cut is not sent")
	}
}

func TestServerSaysNo(t *testing.T) {
	good := file(t, "x", `{"a":"00000000000000010000000000000002","b":1}`)
	im, st, _ := importer(t)
	st.FailOnce(store.ErrBusy)
	if err := im.Files(t.Context(), []string{good}); err != nil || im.Count.Spans != 1 {
		t.Errorf("busy once: %v, %+v", err, im.Count)
	}
	im, _, _ = importer(t)
	im.Token = "wrong"
	if err := im.Files(t.Context(), []string{good}); err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "token") || im.Count.Spans != 0 {
		t.Errorf("wrong token: %v, %+v", err, im.Count)
	}
	im, st, _ = importer(t)
	st.Fail(store.ErrBusy)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := im.Files(ctx, []string{good}); err == nil {
		t.Error("a cancelled import ends well")
	}
	im, _, _ = importer(t)
	if err := im.Files(t.Context(), []string{"testdata/none"}); err == nil || !strings.Contains(err.Error(), "testdata/none") {
		t.Errorf("no such file: %v", err)
	}
}
