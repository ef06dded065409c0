package transaction

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"clew/internal/signal"
)

// Outcome is how something ended.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"
	Failed    Outcome = "error"
	Timeout   Outcome = "timeout"
	OOM       Outcome = "oom"
	Crash     Outcome = "crash"
	Throttled Outcome = "throttled"
	Partial   Outcome = "partial"
	Running   Outcome = "running"
)

// signs are texts in failures that tell more than "error", most telling first.
var signs = [...]struct {
	text string // lower case
	is   Outcome
}{
	{"outofmemory", OOM}, {"out of memory", OOM}, {"memoryerror", OOM}, {"signal: killed", OOM},
	{"timed out", Timeout}, {"timedout", Timeout}, {"timeout", Timeout}, {"deadline exceeded", Timeout}, {"deadline_exceeded", Timeout},
	{"throttl", Throttled}, {"throughputexceeded", Throttled}, {"too many requests", Throttled}, {"requestlimitexceeded", Throttled}, {"toomanyrequests", Throttled}, {"rate exceeded", Throttled},
	{"runtime.exiterror", Crash}, {"exited without providing a reason", Crash}, {"exited with error: exit status", Crash},
}

// outcomeOf tells how a failed span failed, from all that it says about it.
func outcomeOf(s *signal.Span, line string) Outcome {
	if told := Outcome(s.Attrs.Text("clew.outcome")); told != "" {
		switch told {
		case Failed, Timeout, OOM, Crash, Throttled, Partial:
			return told
		}
	}
	text := strings.ToLower(line + " " + s.Status.Message + " " + s.Attrs.Text("error.type"))
	for _, sign := range signs {
		if strings.Contains(text, sign.text) {
			return sign.is
		}
	}
	switch s.Attrs.First("http.response.status_code", "http.status_code") {
	case "429":
		return Throttled
	case "504":
		return Timeout
	}
	return Failed
}

// failureLine describes a failed span in one line.
func failureLine(s *signal.Span) string {
	line := saidOf(s)
	if after, ok := lambdaTimeout(line); ok {
		return "timed out after " + after + " s"
	}
	return line
}

// lambdaTimeout reads the seconds of "RequestId: … Error: Task timed out after
// 3.00 seconds", as Lambda says it in a record, a log line or to the caller.
func lambdaTimeout(line string) (seconds string, ok bool) {
	_, rest, ok := strings.Cut(line, "Task timed out after ")
	if !ok {
		return "", false
	}
	seconds, _, ok = strings.Cut(rest, " seconds")
	if _, err := strconv.ParseFloat(seconds, 64); err != nil || len(seconds) > 10 {
		return "", false
	}
	return seconds, ok
}

// saidOf is what a failed span says: its exception, else its status message, else
// its HTTP status or error type.
func saidOf(s *signal.Span) string {
	if typ, message, _, ok := Exception(s); ok {
		switch {
		case typ == "":
			return oneLine(message)
		case message == "" || message == typ:
			return oneLine(typ)
		case strings.HasPrefix(message, typ+":"):
			return oneLine(message)
		}
		return oneLine(typ + ": " + message)
	}
	if s.Status.Message != "" {
		return oneLine(s.Status.Message)
	}
	if code := s.Attrs.First("http.response.status_code", "http.status_code"); code != "" {
		return httpStatus + oneLine(code)
	}
	if typ := s.Attrs.Text("error.type"); typ != "" {
		return oneLine(typ)
	}
	return noWords
}

const (
	httpStatus = "HTTP "
	noWords    = "error"
)

// isBland reports whether a failure's line says no more than that it failed.
func isBland(line string) bool { return line == noWords || strings.HasPrefix(line, httpStatus) }

// Exception returns the last exception event of s, else one told by attributes.
func Exception(s *signal.Span) (typ, message, stack string, ok bool) {
	for i := len(s.Events) - 1; i >= 0; i-- {
		if e := &s.Events[i]; e.Name == "exception" {
			return e.Attrs.Text("exception.type"), e.Attrs.Text("exception.message"), e.Attrs.Text("exception.stacktrace"), true
		}
	}
	typ, message, stack = s.Attrs.Text("exception.type"), s.Attrs.Text("exception.message"), s.Attrs.Text("exception.stacktrace")
	return typ, message, stack, typ != "" || message != ""
}

const maxLine = 300

func oneLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i]
	}
	if len(s) > maxLine {
		s = s[:maxLine]
		for len(s) > 0 && !utf8.ValidString(s[len(s)-min(len(s), utf8.UTFMax):]) && s[len(s)-1] >= utf8.RuneSelf {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strings.ToValidUTF8(strings.Clone(s), "\ufffd")
}
