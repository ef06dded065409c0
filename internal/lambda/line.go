// Package lambda is what an invocation of a function is, as its platform tells
// it: log lines of all generations, in text and in JSON, and how one invocation
// ended when its lines are taken together. It reads and adds up; it keeps
// nothing and asks nobody.
package lambda

import (
	"strings"
	"time"

	"clew/internal/signal"
)

// LineType says what a line of a function's log is.
type LineType uint8

// The types of line. What is not the platform's own is a Log, an Exception (a
// log that says how the handler failed), or Metrics (CloudWatch's embedded
// format).
const (
	Log LineType = iota
	Exception
	Metrics
	Insights // Metrics that Lambda Insights wrote about one invocation
	InitStart
	InitReport
	RestoreStart
	RestoreReport
	Start
	RuntimeDone
	End
	Report
	Timeout // "Task timed out after …"
	Crash   // "Runtime exited …"
	Extension
)

var lineNames = [...]string{
	"log", "exception", "emf", "lambda_insights", "init_start", "init_report", "restore_start", "restore_report",
	"start", "runtime_done", "end", "report", "timeout", "crash", "extension",
}

func (t LineType) String() string { return lineNames[t] }

// Outcome is how an invocation ended, as far as a line tells.
type Outcome string

// The outcomes that lines tell. "" is nothing told: a good end, or not the end.
const (
	Failed    Outcome = "error"
	TimedOut  Outcome = "timeout"
	OOM       Outcome = "oom"
	Crashed   Outcome = "crash"
	NoOutcome Outcome = ""
)

// Line is one line of a function's log, read. Absent fields are zero.
type Line struct {
	Type      LineType
	RequestID string
	At        signal.Time // in the line's own words
	Level     string      // upper case: INFO, ERROR, …
	Message   string      // of a log or exception

	Runtime, Version string // "python:3.11.v36"; of the function: "$LATEST"
	Phase, Status    string // of an init: init or invoke; success, failure, error, timeout
	ErrorType        string // "KeyError", "Runtime.ExitError"

	Duration, Init, Restore      time.Duration
	Billed, BilledRestore, Limit time.Duration // Limit: the timeout that was hit
	MemorySize, MemoryUsed       int64         // bytes; Lambda's MB are 1<<20
	XRayTrace, XRaySegment       string        // 1-8 hex-24 hex, and 16 hex
	Outcome                      Outcome       // told by this line alone
	Namespace                    string        // of metrics
	Samples                      []Sample
	Dimensions                   [][]string // sets of names, of metrics
}

// Sample is one metric of a line.
type Sample struct {
	Name, Unit string
	Values     []float64
}

// Cold reports whether l is the report of an invocation that began with an init
// or a restore.
func (l *Line) Cold() bool { return l.Type == Report && (l.Init > 0 || l.Restore > 0) }

// ReadLine reads one line, which may hold newlines. What only looks like the
// platform's stays a log with the text as its message.
func ReadLine(text string) Line {
	text = strings.TrimRight(text, "\r\n")
	if strings.HasPrefix(text, "{") {
		if l, ok := readJSON(text); ok {
			return l
		}
	}
	if l, ok := readPlatform(text); ok {
		return l
	}
	return readLog(text)
}

// isRequestID reports whether s is a UUID: every request id is.
func isRequestID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}
