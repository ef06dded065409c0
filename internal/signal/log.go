package signal

// Level is OpenTelemetry's severity number: 1-4 trace, 5-8 debug, 9-12 info,
// 13-16 warn, 17-20 error, 21-24 fatal; 0 is unknown.
type Level uint8

// String returns the name of the range that l lies in.
func (l Level) String() string {
	switch {
	case l == 0 || l > 24:
		return "unset"
	case l <= 4:
		return "trace"
	case l <= 8:
		return "debug"
	case l <= 12:
		return "info"
	case l <= 16:
		return "warn"
	case l <= 20:
		return "error"
	}
	return "fatal"
}

// Log is one log record. At is the event's time, or the observed time where the
// sender gave no other.
type Log struct {
	At, Observed Time
	Trace        TraceID
	Span         SpanID
	Flags        uint32
	Level        Level
	LevelText    string // as sent, e.g. "WARNING"
	Event        string // OTLP event_name, mostly empty
	Body         Value
	Attrs        Attrs
	Dropped      uint32
}
