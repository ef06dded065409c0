package api

// This file is what the REST API says of log lines.

// LogList answers GET /api/logs?q&from&to&limit&cursor: matching lines, newest first.
type LogList struct {
	Lines []LogRow `json:"lines"`
	Next  string   `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
	Empty *Empty   `json:"empty,omitempty" doc:"why there is nothing, when there is nothing"`
	Answer
}

// LogRow is one line with where it comes from.
type LogRow struct {
	Time       string      `json:"time" format:"date-time"`
	Level      string      `json:"level" enum:"unset,trace,debug,info,warn,error,fatal"`
	Service    string      `json:"service" doc:"the function or service that wrote it"`
	Kind       string      `json:"kind" doc:"of that resource, as in Node"`
	Body       string      `json:"body"`
	Cut        int         `json:"cut,omitempty" doc:"bytes of the body that are not in it"`
	Request    string      `json:"request,omitempty" doc:"id of the invocation it belongs to"`
	Trace      string      `json:"trace,omitempty"`
	Span       string      `json:"span,omitempty"`
	Platform   string      `json:"platform,omitempty" doc:"what it is, where the platform wrote it: start, end, report, timeout, crash, init_start, …"`
	Attributes []Attribute `json:"attributes"`
	Resource   []Attribute `json:"resource"`
}

// LogHistogram answers GET /api/logs/histogram?q&from&to: how many matching lines
// there were over time, by level.
type LogHistogram struct {
	From   string    `json:"from" format:"date-time"`
	To     string    `json:"to" format:"date-time"`
	StepNS int64     `json:"step_ns"`
	Bins   []LogBin  `json:"bins"`
	Top    []LogFrom `json:"top" doc:"who wrote most of them, at most 20"`
	Answer
}

// LogBin counts the lines of one step.
type LogBin struct {
	Lines  uint64 `json:"lines"`
	Errors uint64 `json:"errors" doc:"of level error and above"`
	Warns  uint64 `json:"warns"`
}

// LogFrom counts the lines of one service.
type LogFrom struct {
	Service string `json:"service"`
	Lines   uint64 `json:"lines"`
	Errors  uint64 `json:"errors"`
}

// LogPatterns answers GET /api/logs/patterns?q&from&to: what kinds of line there
// are, most frequent first.
type LogPatterns struct {
	Patterns []LogPattern `json:"patterns" doc:"at most 200"`
	Lines    uint64       `json:"lines" doc:"that were looked at"`
	Answer
}

// LogPattern is lines that differ only in ids, numbers and values.
type LogPattern struct {
	Template string   `json:"template" doc:"with … where lines differ"`
	Lines    uint64   `json:"lines"`
	Errors   uint64   `json:"errors"`
	First    string   `json:"first" format:"date-time" doc:"in the range"`
	Last     string   `json:"last" format:"date-time"`
	Services []string `json:"services" doc:"that write it, at most 5"`
	Spark    []uint64 `json:"spark" doc:"lines over the range, in 24 parts"`
	Sample   string   `json:"sample" doc:"the newest line, cut"`
}
