package lambda

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
)

// This file is lines in JSON: the platform's (LogFormat JSON and the Telemetry
// API share one schema), the runtimes' own records, and metrics in CloudWatch's
// embedded format.

type members map[string]json.RawMessage

// object parses text as one JSON object.
func object(text string) (members, bool) {
	var m members
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &m) != nil {
		return nil, false
	}
	return m, true
}

// text returns a string member, else "".
func (m members) text(name string) string {
	var s string
	if raw := m[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func (m members) in(name string) members {
	inner, _ := object(string(m[name]))
	return inner
}

func (m members) number(name string) (float64, bool) {
	f, err := strconv.ParseFloat(string(m[name]), 64)
	return f, err == nil
}

func (m members) millis(name string) time.Duration {
	f, ok := m.number(name)
	return inUnits(f, ok, time.Millisecond)
}

func (m members) megabytes(name string) int64 {
	f, ok := m.number(name)
	if !ok || f < 0 || f > 1<<30 {
		return 0
	}
	return int64(f) << 20
}

// platformTypes are all types the platform writes; any other "type" is the
// function's own affair.
var platformTypes = map[string]LineType{
	"platform.initStart": InitStart, "platform.initRuntimeDone": Extension, "platform.initReport": InitReport,
	"platform.start": Start, "platform.runtimeDone": RuntimeDone, "platform.report": Report,
	"platform.restoreStart": RestoreStart, "platform.restoreRuntimeDone": Extension, "platform.restoreReport": RestoreReport,
	"platform.extension": Extension, "platform.telemetrySubscription": Extension, "platform.logsSubscription": Extension, "platform.logsDropped": Extension,
}

// readJSON reads text if it is a JSON object.
func readJSON(text string) (Line, bool) {
	m, ok := object(text)
	if !ok {
		return Line{}, false
	}
	if t, ok := platformTypes[m.text("type")]; ok {
		return platformRecord(t, m), true
	}
	if aws := m.in("_aws"); len(aws["CloudWatchMetrics"]) > 0 {
		return metrics(m, aws), true
	}
	return applicationRecord(text, m), true
}

func platformRecord(t LineType, m members) Line {
	r := m.in("record")
	x := r.in("metrics")
	l := Line{
		Type: t, RequestID: r.text("requestId"), Version: r.text("version"), Runtime: r.text("runtimeVersion"), Phase: r.text("phase"),
		Status: r.text("status"), ErrorType: r.text("errorType"),
		Duration: x.millis("durationMs"), Billed: x.millis("billedDurationMs"), Init: x.millis("initDurationMs"),
		Restore: x.millis("restoreDurationMs"), BilledRestore: x.millis("billedRestoreDurationMs"),
		MemorySize: x.megabytes("memorySizeMB"), MemoryUsed: x.megabytes("maxMemoryUsedMB"),
	}
	l.At, _ = stamp(m.text("time"))
	switch t {
	case Extension:
		l.Message = r.text("name")
	case InitReport:
		l.Init, l.Duration = l.Duration, 0
	case RestoreReport:
		l.Restore, l.Duration = l.Duration, 0
	}
	if trace := r.in("tracing"); trace.text("type") == "X-Amzn-Trace-Id" {
		l.XRaySegment = trace.text("spanId")
		for _, field := range strings.Split(trace.text("value"), ";") {
			if root, ok := strings.CutPrefix(field, "Root="); ok {
				l.XRayTrace = root
			}
		}
	}
	if t == Report || t == InitReport || t == RestoreReport || t == RuntimeDone {
		l.Outcome = outcomeOf(l.Status, l.ErrorType)
	}
	return l
}

// applicationRecord reads what the runtimes write under LogFormat JSON:
// {"timestamp","level","requestId","message",…}.
func applicationRecord(text string, m members) Line {
	l := Line{Message: text}
	at, ok := stamp(m.text("timestamp"))
	if !ok || m.text("level") == "" {
		return l
	}
	l = Line{At: at, Level: strings.ToUpper(m.text("level")), Message: m.text("message"), RequestID: m.text("requestId")}
	if l.RequestID == "" {
		l.RequestID = m.text("AWSRequestId")
	}
	if l.ErrorType = m.text("errorType"); l.ErrorType != "" && len(m["stackTrace"]) > 0 {
		l.Type, l.Outcome = Exception, Failed
		if said := m.text("errorMessage"); said != "" {
			l.Message = said
		}
	}
	return l
}

const samplesMax = 100 // of one line, as CloudWatch has it

// metrics reads the embedded metric format; each name has one value or up to 100.
func metrics(m, aws members) Line {
	l := Line{Type: Metrics, RequestID: m.text("requestId")}
	if ms, ok := aws.number("Timestamp"); ok && ms > 0 && ms < 1<<43 {
		l.At = signal.Time(ms) * 1e6
	}
	var directives []struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []struct{ Name, Unit string }
	}
	if json.Unmarshal(aws["CloudWatchMetrics"], &directives) != nil {
		return l
	}
	for _, d := range directives {
		l.Namespace, l.Dimensions = d.Namespace, d.Dimensions
		for _, s := range d.Metrics {
			if values := values(m[s.Name]); len(values) > 0 && len(l.Samples) < samplesMax {
				l.Samples = append(l.Samples, Sample{Name: s.Name, Unit: s.Unit, Values: values})
			}
		}
	}
	if l.Namespace == "LambdaInsights" {
		l.Type, l.RequestID, l.XRayTrace, l.Version = Insights, m.text("request_id"), m.text("trace_id"), m.text("version")
	}
	return l
}

func values(raw json.RawMessage) (v []float64) {
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		return []float64{one}
	}
	if json.Unmarshal(raw, &v) != nil || len(v) > samplesMax {
		return nil
	}
	return v
}
