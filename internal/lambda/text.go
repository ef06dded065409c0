package lambda

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"clew/internal/signal"
)

// This file is the platform's lines in text: fields are separated by tabs, by
// consoles also by spaces.

// readPlatform reads text if it is the platform's.
func readPlatform(text string) (l Line, ok bool) {
	word, rest, _ := strings.Cut(text, " ")
	if i := strings.IndexByte(word, '\t'); i >= 0 {
		word, rest = text[:i], text[i+1:]
	}
	switch word {
	case "REPORT":
		return readReport(rest)
	case "START", "END":
		return readBound(word, rest)
	case "INIT_START", "RESTORE_START":
		return readVersions(word, rest)
	case "INIT_REPORT", "RESTORE_REPORT":
		return readPhase(word, rest)
	case "EXTENSION", "TELEMETRY", "LOGS":
		f := fields(rest)
		return Line{Type: Extension, Status: f["State"], Message: f["Name"]}, f["Name"] != "" && f["State"] != ""
	case "RequestId:":
		return readCrash(rest)
	}
	return readTimeout(text)
}

// names of the fields of all platform lines: a name may hold spaces, so a line
// whose tabs became spaces is cut at these.
var fieldNames = [...]string{
	"RequestId", "Billed Duration", "Init Duration", "Billed Restore Duration", "Restore Duration", "Duration", "Memory Size", "Max Memory Used",
	"XRAY TraceId", "SegmentId", "Sampled", "Status", "Error Type", "Phase", "Runtime Version ARN", "Runtime Version", "Version",
	"Name", "State", "Events", "Types",
}

// fields reads "Name: value" pairs.
func fields(s string) map[string]string {
	f := map[string]string{}
	for s = strings.TrimLeft(s, " \t\n"); s != ""; {
		name := fieldAt(s)
		if name == "" { // no field begins here: what stands here is nobody's
			i := strings.IndexAny(s, " \t\n")
			if i < 0 {
				break
			}
			s = strings.TrimLeft(s[i:], " \t\n")
			continue
		}
		s = s[len(name)+1:]
		end := valueEnd(s)
		f[name] = strings.TrimSpace(s[:end])
		s = strings.TrimLeft(s[end:], " \t\n")
	}
	return f
}

func fieldAt(s string) string {
	for _, name := range fieldNames {
		if len(s) > len(name) && s[len(name)] == ':' && s[:len(name)] == name {
			return name
		}
	}
	return ""
}

// valueEnd finds where the next field begins.
func valueEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\t', '\n':
			return i
		case ' ':
			if rest := strings.TrimLeft(s[i:], " "); fieldAt(rest) != "" {
				return i
			}
		}
	}
	return len(s)
}

func readReport(rest string) (Line, bool) {
	f := fields(rest)
	l := Line{
		Type: Report, RequestID: f["RequestId"], Duration: millis(f["Duration"]), Billed: millis(f["Billed Duration"]),
		Init: millis(f["Init Duration"]), Restore: millis(f["Restore Duration"]), BilledRestore: millis(f["Billed Restore Duration"]),
		MemorySize: megabytes(f["Memory Size"]), MemoryUsed: megabytes(f["Max Memory Used"]),
		Status: f["Status"], ErrorType: f["Error Type"], XRayTrace: f["XRAY TraceId"], XRaySegment: f["SegmentId"],
	}
	l.Outcome = outcomeOf(l.Status, l.ErrorType)
	return l, isRequestID(l.RequestID) && f["Duration"] != ""
}

func readBound(word, rest string) (Line, bool) {
	f := fields(rest)
	l := Line{Type: Start, RequestID: f["RequestId"], Version: f["Version"]}
	if word == "END" {
		l.Type = End
	}
	return l, isRequestID(l.RequestID)
}

func readVersions(word, rest string) (Line, bool) {
	f := fields(rest)
	l := Line{Type: InitStart, Runtime: f["Runtime Version"]}
	if word == "RESTORE_START" {
		l.Type = RestoreStart
	}
	return l, l.Runtime != ""
}

func readPhase(word, rest string) (Line, bool) {
	f := fields(rest)
	l := Line{Type: InitReport, Init: millis(f["Init Duration"]), Phase: f["Phase"], Status: f["Status"], ErrorType: f["Error Type"]}
	if word == "RESTORE_REPORT" {
		l.Type, l.Restore = RestoreReport, millis(f["Restore Duration"])
	}
	l.Outcome = outcomeOf(l.Status, l.ErrorType)
	return l, l.Init > 0 || l.Restore > 0
}

// readCrash reads "<id> Error: Runtime exited …\nRuntime.ExitError".
func readCrash(rest string) (Line, bool) {
	id, said, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	said, errorType, _ := strings.Cut(said, "\n")
	said, ok := strings.CutPrefix(said, "Error: ")
	if !isRequestID(id) || !ok || !strings.HasPrefix(said, "Runtime exited") {
		return Line{}, false
	}
	l := Line{Type: Crash, RequestID: id, Message: said, ErrorType: strings.TrimSpace(errorType), Outcome: Crashed}
	if strings.Contains(said, "signal: killed") {
		l.Outcome = OOM
	}
	return l, true
}

// readTimeout reads "<time> <id> Task timed out after 3.00 seconds".
func readTimeout(text string) (Line, bool) {
	p := strings.SplitN(text, " ", 3)
	if len(p) != 3 || !isRequestID(p[1]) {
		return Line{}, false
	}
	said, ok := strings.CutPrefix(p[2], "Task timed out after ")
	seconds, _, ok2 := strings.Cut(said, " seconds")
	if !ok || !ok2 {
		return Line{}, false
	}
	at, good := stamp(p[0])
	return Line{Type: Timeout, RequestID: p[1], At: at, Limit: duration(seconds, time.Second), Message: strings.TrimSpace(p[2]), Outcome: TimedOut}, good
}

// outcomeOf reads the status and error type of a report.
func outcomeOf(status, errorType string) Outcome {
	switch {
	case errorType == "Runtime.OutOfMemory":
		return OOM
	case status == "timeout":
		return TimedOut
	case errorType == "Runtime.ExitError" || errorType == "Extension.Crash":
		return Crashed
	case status == "error" || status == "failure":
		return Failed
	}
	return NoOutcome
}

// readLog reads a line of the function's own: Node's "time\tid\tLEVEL\ttext",
// Python's "[LEVEL]\ttime\tid\ttext" and "[ERROR] Type: message\nTraceback …",
// else any text.
func readLog(text string) Line {
	l := Line{Message: text}
	if p := strings.SplitN(text, "\t", 4); len(p) == 4 {
		node, python := p[0], p[1]
		if at, ok := stamp(node); ok && isLevel(p[2]) && (isRequestID(p[1]) || p[1] == "undefined") {
			l = Line{At: at, RequestID: p[1], Level: p[2], Message: p[3]}
		} else if at, ok := stamp(python); ok && len(p[0]) > 2 && p[0][0] == '[' && isLevel(strings.Trim(p[0], "[]")) && (isRequestID(p[2]) || p[2] == "") {
			l = Line{At: at, RequestID: p[2], Level: strings.Trim(p[0], "[]"), Message: p[3]}
		}
		if l.RequestID == "undefined" {
			l.RequestID = ""
		}
	}
	return l.exception()
}

// exception reads how the handler failed, where that is what l's message says.
func (l Line) exception() Line {
	for _, prefix := range []string{"Invoke Error \t", "Uncaught Exception \t", "Unhandled Promise Rejection \t"} {
		if rest, ok := strings.CutPrefix(l.Message, prefix); ok {
			if m, ok := object(rest); ok && m.text("errorType") != "" {
				l.Type, l.ErrorType, l.Message, l.Outcome = Exception, m.text("errorType"), m.text("errorMessage"), Failed
				return l
			}
		}
	}
	rest, ok := strings.CutPrefix(l.Message, "[ERROR] ")
	if !ok || !strings.Contains(rest, "\nTraceback (most recent call last):") {
		return l
	}
	first, _, _ := strings.Cut(rest, "\n")
	l.Type, l.Level, l.Outcome = Exception, "ERROR", Failed
	l.ErrorType, l.Message, _ = strings.Cut(first, ": ")
	return l
}

func isLevel(s string) bool {
	switch s {
	case "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL":
		return true
	}
	return false
}

func stamp(s string) (signal.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || utf8.RuneCountInString(s) > 40 {
		return 0, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, false
	}
	return signal.TimeOf(t), true
}

// millis reads "201.67 ms", megabytes "128 MB".
func millis(s string) time.Duration {
	return duration(strings.TrimSuffix(s, " ms"), time.Millisecond)
}

func megabytes(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " MB"), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return n << 20
}

func duration(s string, unit time.Duration) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	return inUnits(f, err == nil, unit)
}

func inUnits(f float64, ok bool, unit time.Duration) time.Duration {
	if !ok || !(f >= 0) || f*float64(unit) > math.MaxInt64/2 {
		return 0
	}
	return time.Duration(math.Round(f * float64(unit)))
}
