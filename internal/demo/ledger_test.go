package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/signal"
)

const (
	line1 = `{"trace":"0af7651916cd43dd8448eb211c80319c","span":"b7ad6b7169203331","parent":"","name":"GET /post","kind":"server","status":"unset","service":"blog-gateway","acked":true,"start":1795259071620000001,"end":1795259071621000002}`
	line2 = `{"trace":"0af7651916cd43dd8448eb211c80319c","span":"00f067aa0ba902b7","parent":"b7ad6b7169203331","name":"GET","kind":"client","status":"error","service":"view-post","acked":false,"start":5,"end":7}`
)

func TestReadLedger(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.jsonl", line1+"\n")
	write("b.jsonl", line2+"\n"+line1[:40])
	write("c.jsonl", "")
	write("other.txt", "not a ledger\n")
	got, err := ReadLedger(dir)
	if err != nil {
		t.Fatal(err)
	}
	trace, _ := signal.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	root, _ := signal.ParseSpanID("b7ad6b7169203331")
	child, _ := signal.ParseSpanID("00f067aa0ba902b7")
	want := []LedgerSpan{
		{Trace: trace, Span: root, Name: "GET /post", Kind: signal.Server, Service: "blog-gateway",
			Start: 1795259071620000001, End: 1795259071621000002, Acked: true},
		{Trace: trace, Span: child, Parent: root, Name: "GET", Kind: signal.Client, Status: signal.StatusError,
			Service: "view-post", Start: 5, End: 7},
	}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("ReadLedger = %+v, want %+v", got, want)
	}
}

func TestReadLedgerNamesTheBadLine(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadLedger(dir)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadLedger = %v, want %q", err, want)
		}
	}
	f(line1+"\n{}\n", "x.jsonl: line 2: trace")
	f("nonsense\n", "line 1")
	f(strings.Replace(line1, "server", "servant", 1)+"\n", `kind "servant"`)
	f(strings.Replace(line1, `"parent":""`, `"parent":"zz"`, 1)+"\n", `parent "zz"`)
}

func FuzzLedgerLine(f *testing.F) {
	f.Add([]byte(line1))
	f.Add([]byte(line2))
	f.Fuzz(func(t *testing.T, line []byte) {
		if s, err := parseLedgerLine(line); err == nil && s.Kind == signal.KindUnset {
			t.Errorf("accepted a span without a kind: %q", line)
		}
	})
}
