// Package normalise is the one set of rules that runs after every decoder, so
// that a span means the same whatever protocol it came by. It fills in what a
// sender said in another place (the kind in an attribute, the error in a tag, the
// ids that the other side of a hop knows) and never removes or changes an
// attribute: what was sent stays readable. What a sender said in the right place
// always wins.
package normalise

import (
	"slices"
	"strings"

	"clew/internal/signal"
)

// Batch applies the rules to every span of b; logs and points need none yet.
func Batch(b *signal.Batch) {
	budget := eventBudget
	for i := range b.Groups {
		spans := b.Groups[i].Spans
		for j := range spans {
			span(&spans[j])
			keys(&spans[j], &budget)
		}
	}
}

// said is what the attributes of a span say about its kind and status.
type said struct {
	kind    signal.SpanKind
	failed  bool // in words: error, otel.status_code, census.status_code
	ok      bool
	message string
	http    int64 // response status
}

func span(s *signal.Span) {
	vague := s.Kind == signal.KindUnset || s.Kind == signal.Internal
	if !vague && s.Status.Code != signal.StatusUnset {
		return
	}
	w := listen(s.Attrs)
	if vague && w.kind != signal.KindUnset {
		s.Kind = w.kind
	}
	if s.Status.Code != signal.StatusUnset {
		return
	}
	switch {
	case w.failed, w.http >= 500 && s.Kind == signal.Server && !w.ok:
		s.Status.Code = signal.StatusError
	case w.ok:
		s.Status.Code = signal.StatusOK
	}
	if s.Status.Message == "" && s.Status.Code == signal.StatusError {
		s.Status.Message = w.message
	}
}

// toldGate spares most attributes the comparison with the names in listen.
var toldGate = gateOf(slices.Values([]string{"span.kind", "error", "otel.status_code", "otel.status_description", "census.status_description",
	"census.status_code", "http.response.status_code", "http.status_code"}))

func listen(attrs signal.Attrs) (w said) {
	for i := range attrs {
		a := &attrs[i]
		if !toldGate.admits(a.Key) {
			continue
		}
		switch a.Key {
		case "span.kind":
			w.kind = signal.ParseSpanKind(strings.ToLower(a.Value.Text()))
		case "error":
			w.failed = w.failed || truthy(a.Value)
		case "otel.status_code":
			w.failed = w.failed || strings.EqualFold(a.Value.Text(), "error")
			w.ok = w.ok || strings.EqualFold(a.Value.Text(), "ok")
		case "otel.status_description", "census.status_description":
			w.message = a.Value.Text()
		case "census.status_code":
			w.failed = w.failed || number(a.Value) != 0
		case "http.response.status_code", "http.status_code":
			w.http = number(a.Value)
		}
	}
	return w
}

// truthy reads an error tag: true, "true", "True" and 1 were seen on the wire.
func truthy(v signal.Value) bool {
	switch v.Kind() {
	case signal.KindBool:
		return v.Bool()
	case signal.KindString:
		return strings.EqualFold(v.Text(), "true") || v.Text() == "1"
	}
	n, ok := v.Number()
	return ok && n == 1
}

// number reads an integer that may have been sent as text or as a double.
func number(v signal.Value) int64 {
	if f, ok := v.Number(); ok {
		return int64(f)
	}
	var n int64
	s := v.Text()
	if len(s) > 9 {
		return 0
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n
}
