// Package htrace reads the files that HTrace's LocalFileSpanReceiver writes, a
// span of JSON a line, for `clew import htrace`. It sends the spans to a running
// server as OTLP: what is stored is decided there, as for any sender. HTrace is
// retired, and its server with it; files are what its users have left.
package htrace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"clew/internal/signal"
)

// span is a line. Ids are 32 digits: those of the trace, then those of the span.
type span struct {
	ID      string            `json:"a"`
	Begin   int64             `json:"b"` // ms since 1970
	End     int64             `json:"e"`
	Name    string            `json:"d"`
	Tracer  string            `json:"r"` // "%{tname}/%{ip}" unless it was set
	Parents []string          `json:"p"`
	Notes   map[string]string `json:"n"`
	Events  []event           `json:"t"`
}

type event struct {
	At   int64  `json:"t"` // ms
	Text string `json:"m"`
}

// id is a span and its trace.
type id struct {
	trace signal.TraceID
	span  signal.SpanID
}

func parseID(s string) (i id, err error) {
	if len(s) != 32 {
		return i, fmt.Errorf("%.40q is not an id of 32 digits", s)
	}
	i.trace, err = signal.ParseTraceID(s[:16])
	if err == nil {
		i.span, err = signal.ParseSpanID(s[16:])
	}
	if err != nil || i.trace.IsZero() || i.span.IsZero() {
		return i, fmt.Errorf("%.40q is not an id of 32 digits", s)
	}
	return i, nil
}

// parse reads a line.
func parse(line []byte) (otlpSpan, string, error) {
	var s span
	if err := json.Unmarshal(line, &s); err != nil {
		return otlpSpan{}, "", fmt.Errorf("not a span of HTrace: %w", err)
	}
	self, err := parseID(s.ID)
	if err != nil {
		return otlpSpan{}, "", fmt.Errorf("span id (a): %w", err)
	}
	if s.Begin <= 0 {
		return otlpSpan{}, "", errors.New("no begin (b)")
	}
	out, err := s.otlp(self)
	return out, s.Tracer, err
}

// lineMax is the longest line; the server takes no larger requests.
const lineMax = 16 << 20

// read takes the spans of a file, which may be gzipped. What is wrong with a line
// it tells Complain, with the line's number from 1, and goes on. It returns an
// error if the file cannot be read or the server takes no more.
func (im *Importer) read(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("htrace: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var text io.Reader = in
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		if text, err = gzip.NewReader(in); err != nil {
			return fmt.Errorf("htrace: read %s: %w", name, err)
		}
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 64<<10), lineMax)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		s, tracer, err := parse(line)
		if err != nil {
			im.Count.Bad++
			im.Complain(name, n, err)
			continue
		}
		if err := im.add(ctx, tracer, s, len(line)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("htrace: read %s: %w", name, err)
	}
	return nil
}
