package demo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"clew/internal/signal"
)

// LedgerSpan is one span that a process of the demo has exported. Acked says that
// the server took it; otherwise the SDK gave up.
type LedgerSpan struct {
	Trace   signal.TraceID
	Span    signal.SpanID
	Parent  signal.SpanID
	Name    string
	Kind    signal.SpanKind
	Status  signal.StatusCode
	Service string
	Start   signal.Time
	End     signal.Time
	Acked   bool
}

type ledgerLine struct {
	Trace, Span, Parent         string
	Name, Kind, Status, Service string
	Start, End                  signal.Time
	Acked                       bool
}

// ReadLedger reads every file of a ledger. A last line without its end was being
// written when the process was killed, and is left out.
func ReadLedger(dir string) ([]LedgerSpan, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("demo: read ledger: %w", err)
	}
	var spans []LedgerSpan
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("demo: read ledger: %w", err)
		}
		spans, err = readLedgerFile(f, spans)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("demo: read ledger %s: %w", filepath.Base(name), err)
		}
	}
	return spans, nil
}

func readLedgerFile(r io.Reader, spans []LedgerSpan) ([]LedgerSpan, error) {
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return spans, nil // line is empty or torn
		}
		if err != nil {
			return nil, err
		}
		s, err := parseLedgerLine(bytes.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		spans = append(spans, s)
	}
}

func parseLedgerLine(line []byte) (s LedgerSpan, err error) {
	var l ledgerLine
	if err := json.Unmarshal(line, &l); err != nil {
		return s, err
	}
	if s.Trace, err = signal.ParseTraceID(l.Trace); err != nil {
		return s, fmt.Errorf("trace %q: %w", l.Trace, err)
	}
	if s.Span, err = signal.ParseSpanID(l.Span); err != nil {
		return s, fmt.Errorf("span %q: %w", l.Span, err)
	}
	if l.Parent != "" {
		if s.Parent, err = signal.ParseSpanID(l.Parent); err != nil {
			return s, fmt.Errorf("parent %q: %w", l.Parent, err)
		}
	}
	if s.Kind = signal.ParseSpanKind(l.Kind); s.Kind == signal.KindUnset {
		return s, fmt.Errorf("kind %q is unknown", l.Kind)
	}
	switch l.Status {
	case "ok":
		s.Status = signal.StatusOK
	case "error":
		s.Status = signal.StatusError
	}
	s.Name, s.Service, s.Start, s.End, s.Acked = l.Name, l.Service, l.Start, l.End, l.Acked
	return s, nil
}
