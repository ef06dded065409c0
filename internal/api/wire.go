package api

// This file is what the REST API says, as data. The UI checks each shape at its
// door against the goldens in testdata. Durations and offsets are whole
// nanoseconds (safe as JSON numbers up to 104 days), instants are RFC 3339 with
// nanoseconds in UTC, ids are lower-case hex.

// TransactionList answers GET /api/transactions?q&from&to&limit&cursor: the
// transactions with a matching span, by their newest matching span, newest first.
type TransactionList struct {
	Transactions []TransactionRow `json:"transactions"`
	Next         string           `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
	Empty        *Empty           `json:"empty,omitempty" doc:"why there is nothing, when there is nothing"`
	Answer
}

// Answer is what every list says of how it came about.
type Answer struct {
	Partial string  `json:"partial,omitempty" doc:"why the answer is not complete; absent when it is"`
	Scanned int     `json:"scanned" doc:"rows looked at"`
	TookMS  float64 `json:"took_ms"`
}

// Empty explains an empty list: "no-data" (the store is empty), "no-data-in-range"
// (Nearest is the nearest instant that has data) or "no-match" (Term is the one
// term of the query without which there would be rows, if there is one).
type Empty struct {
	Reason  string `json:"reason" enum:"no-data,no-data-in-range,no-match"`
	Nearest string `json:"nearest,omitempty" format:"date-time"`
	Term    string `json:"term,omitempty"`
}

// TransactionRow is one transaction as lists show it.
type TransactionRow struct {
	ID          string `json:"id" doc:"the trace id its entry belongs to"`
	Start       string `json:"start" format:"date-time"`
	DurationNS  int64  `json:"duration_ns" doc:"from its first start to its last end"`
	ToUserNS    int64  `json:"to_user_ns" doc:"duration of the entry span: what the caller waited"`
	QueueWaitNS int64  `json:"queue_wait_ns" doc:"time while at least one message of an async hop waited"`
	Entry       Entry  `json:"entry"`
	Outcome     string `json:"outcome" enum:"ok,error,timeout,oom,crash,throttled,partial,running"`
	Error       string `json:"error,omitempty" doc:"the visible failure, in one line"`
	Spans       int    `json:"spans"`
	Errors      int    `json:"errors" doc:"spans with status error"`
	ColdStarts  int    `json:"cold_starts"`

	ColdToUserNS int64    `json:"cold_to_user_ns" doc:"time of cold starts that the caller waited for"`
	USD          *float64 `json:"usd,omitempty" doc:"what it costs at list prices; absent when nothing in it has a known price"`

	Hops []Hop `json:"hops" doc:"the resources in the order they were entered, each once"`

	Ambiguous []string `json:"ambiguous,omitempty" doc:"traces whose ids end like this one's: they may belong to it, and nothing tells"`
}

// Entry is how a transaction began.
type Entry struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Kind      string `json:"kind" doc:"kind of the resource, as in Node"`
}

// Hop is one resource on the way of a transaction, short enough for a list.
type Hop struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Failed bool   `json:"failed,omitempty"`
	Async  bool   `json:"async,omitempty" doc:"entered by a message, not a call"`
}

// Transaction answers GET /api/transactions/{id}: everything about one
// transaction but its spans.
type Transaction struct {
	TransactionRow
	Functions int          `json:"functions"`
	Logs      int          `json:"logs"`
	Failure   *int         `json:"failure,omitempty" doc:"row of the span shown as the visible failure"`
	Services  []ServiceRef `json:"services" doc:"indexed by the spans' svc column"`
	Nodes     []Node       `json:"nodes" doc:"indexed by the spans' node column and by edges"`
	Edges     []Edge       `json:"edges"`
	Notes     []string     `json:"notes,omitempty" doc:"what was repaired for reading: clock shifts, missing parents"`
	Story
	Answer
}

// ServiceRef names a service and its place in the order services were first
// seen, from which every viewer derives the same colour.
type ServiceRef struct {
	Name    string `json:"name"`
	Ordinal int    `json:"ordinal"`
}

// Node is one resource of a transaction's graph.
type Node struct {
	Kind         string `json:"kind" enum:"function,service,gateway,queue,topic,stream,bus,table,database,cache,bucket,http,unknown"`
	Name         string `json:"name"`
	Account      string `json:"account,omitempty"`
	Region       string `json:"region,omitempty"`
	Instrumented bool   `json:"instrumented" doc:"false: seen only from its callers"`
	Service      int    `json:"service" doc:"index into services; -1 when not instrumented"`
	Calls        int    `json:"calls" doc:"times it was entered"`
	Errors       int    `json:"errors"`
	DurationNS   int64  `json:"duration_ns" doc:"union of the time it was busy"`
	Cold         bool   `json:"cold,omitempty"`
	Outcome      string `json:"outcome" enum:"ok,error,timeout,oom,crash,throttled,partial,running"`
	Error        string `json:"error,omitempty"`
	Row          int    `json:"row" doc:"row of its first span"`

	USD    *float64 `json:"usd,omitempty" doc:"its part of the cost; absent when it has no known price"`
	IdleNS int64    `json:"idle_ns,omitempty" doc:"functions: time billed while they only waited"`
}

// Edge is one hop between two nodes.
type Edge struct {
	From    int   `json:"from"`
	To      int   `json:"to"`
	Async   bool  `json:"async"`
	Calls   int   `json:"calls"`
	Errors  int   `json:"errors"`
	TotalNS int64 `json:"total_ns" doc:"time of the calls, summed"`
	WaitNS  int64 `json:"wait_ns" doc:"async: time messages waited from sent to their first attempt, summed"`

	// A message delivered again after a failure is one message tried more than once.
	Retries    int   `json:"retries,omitempty" doc:"async: calls that were further attempts at a message"`
	Attempts   int   `json:"attempts,omitempty" doc:"async: attempts at the message tried most; absent without retries"`
	LastWaitNS int64 `json:"last_wait_ns,omitempty" doc:"async: time from sending that message to its last attempt"`
}

// SpanHead is the first line of GET /api/transactions/{id}/spans, which answers
// newline-delimited JSON: one SpanHead, then SpanColumns of up to 10,000 rows in
// preorder until Total rows have been sent.
type SpanHead struct {
	ID    string `json:"id"`
	T0    string `json:"t0" format:"date-time" doc:"start of the transaction; offsets count from here"`
	Total int    `json:"total"`

	Traces []string `json:"traces" doc:"as in Transaction"`
}

// SpanColumns is one chunk of spans in preorder (a parent before its children,
// siblings by start). All columns have the same length. Row numbers count over
// the whole transaction.
type SpanColumns struct {
	Offset int       `json:"offset" doc:"row number of the first entry"`
	Names  []string  `json:"names" doc:"new entries of the name table; the tables of all chunks follow each other"`
	ID     []string  `json:"id"`
	Parent []int     `json:"parent" doc:"row number of the parent; -1 for roots"`
	Name   []int     `json:"name" doc:"index into the name table"`
	Svc    []int     `json:"svc" doc:"index into Transaction.services"`
	Node   []int     `json:"node" doc:"index into Transaction.nodes: what the span is about"`
	Start  []int64   `json:"start" doc:"ns after t0, corrected for reading"`
	Dur    []int64   `json:"dur" doc:"ns; of a span without an end the time until the transaction's last end"`
	Wait   []int64   `json:"wait" doc:"ns a message waited before this span started; 0 on sync hops"`
	Trace  []int     `json:"trace" doc:"index into traces of the head"`
	USD    []float64 `json:"usd" doc:"$ of the span itself, not of those below it; -1: billed by what was not told"`
	Flags  []int     `json:"flags" doc:"sum of Flag values, and the span kind in bits 8 to 15"`
	// Errors holds the one-line error of failed rows, by row number.
	Errors map[int]string `json:"errors,omitempty"`
}

// The flags of a span row. Bits 8 to 15 are the span's kind.
const (
	FlagError   = 1 << iota // status error
	FlagOpen                // has not ended
	FlagCold                // a cold start
	FlagAsync               // entered by a message
	FlagMissing             // stands for a parent that never arrived; no detail
	FlagShifted             // moved to correct a clock
	FlagTimeout             // ended by a timeout
	FlagShared              // of a batch, and of none of its messages alone

	FlagAmbiguous = 1 << 16 // how it is joined is told by nothing that is its own
	FlagAttempt   = 1 << 17 // a further attempt at what was tried before
	FlagTwin      = 1 << 18 // tells once more what another tracer's row tells
)

// SpanDetail answers GET /api/spans/{trace}/{span}.
type SpanDetail struct {
	Trace         string       `json:"trace"`
	ID            string       `json:"id"`
	Parent        string       `json:"parent,omitempty"`
	Name          string       `json:"name"`
	Kind          string       `json:"kind" enum:"unset,internal,server,client,producer,consumer"`
	Service       ServiceRef   `json:"service"`
	Start         string       `json:"start" format:"date-time"`
	DurationNS    int64        `json:"duration_ns"`
	Ended         bool         `json:"ended"`
	Status        string       `json:"status" enum:"unset,ok,error"`
	StatusMessage string       `json:"status_message,omitempty"`
	Scope         string       `json:"scope,omitempty" doc:"instrumentation scope: name and version"`
	Attributes    []Attribute  `json:"attributes"`
	Resource      []Attribute  `json:"resource"`
	Events        []SpanEvent  `json:"events"`
	Links         []SpanLink   `json:"links"`
	Payloads      []Payload    `json:"payloads"`
	Failure       *SpanFailure `json:"failure,omitempty"`
	Logs          []LogLine    `json:"logs" doc:"oldest first"`
	LogsCut       int          `json:"logs_cut,omitempty" doc:"further lines that are not in logs"`
}

// Attribute is one attribute with its OpenTelemetry type.
type Attribute struct {
	Key   string `json:"key"`
	Type  string `json:"type" enum:"string,bool,int,double,bytes,json,empty"`
	Value any    `json:"value" doc:"ints beyond 2^53 as strings"`
}

// SpanEvent is something that happened at one instant of a span.
type SpanEvent struct {
	OffsetNS   int64       `json:"offset_ns" doc:"after the span's start"`
	Name       string      `json:"name"`
	Attributes []Attribute `json:"attributes"`
}

// SpanLink points to another span.
type SpanLink struct {
	Trace      string      `json:"trace"`
	Span       string      `json:"span"`
	Attributes []Attribute `json:"attributes"`
}

// Payload is captured content of a span: what went in, what came out.
type Payload struct {
	Role      string `json:"role" enum:"event,response,request,message"`
	Key       string `json:"key" doc:"the attribute it was sent as"`
	Text      string `json:"text"`
	JSON      bool   `json:"json" doc:"text is valid JSON"`
	Truncated bool   `json:"truncated,omitempty"`
	Masked    int    `json:"masked,omitempty" doc:"values replaced before they were stored"`
}

// SpanFailure is the exception of a failed span.
type SpanFailure struct {
	Type    string `json:"type,omitempty"`
	Message string `json:"message,omitempty"`
	Stack   string `json:"stack,omitempty"`
}

// LogLine is one log record of a span.
type LogLine struct {
	Time       string      `json:"time" format:"date-time"`
	OffsetNS   int64       `json:"offset_ns" doc:"after the span's start"`
	Level      string      `json:"level" enum:"unset,trace,debug,info,warn,error,fatal"`
	Body       string      `json:"body"`
	Attributes []Attribute `json:"attributes"`
}

// ServiceList answers GET /api/services?from&to.
type ServiceList struct {
	Services []ServiceRow `json:"services"`
	Answer
}

// ServiceRow is one service over a time range.
type ServiceRow struct {
	ServiceRef
	Kind       string `json:"kind" doc:"kind of the resource, as in Node"`
	Spans      uint64 `json:"spans"`
	Errors     uint64 `json:"errors"`
	Operations int    `json:"operations"`
	MeanNS     int64  `json:"mean_ns"`
	MaxNS      int64  `json:"max_ns"`
	Newest     string `json:"newest" format:"date-time"`
}

// Status answers GET /api/status: what Clew is and holds. The Connect page polls it.
type Status struct {
	Version   string        `json:"version"`
	Started   string        `json:"started" format:"date-time"`
	Endpoint  string        `json:"endpoint" doc:"base URL senders can use, as the caller reached it"`
	TokenAuth bool          `json:"token_auth" doc:"whether senders need a token"`
	Spans     uint64        `json:"spans"`
	Logs      uint64        `json:"logs"`
	Points    uint64        `json:"points"`
	DiskBytes int64         `json:"disk_bytes"`
	Oldest    string        `json:"oldest,omitempty" format:"date-time"`
	Newest    string        `json:"newest,omitempty" format:"date-time"`
	Refused   []RefusedNote `json:"refused" doc:"the last refused requests, newest first"`
}

// ConnectList answers GET /api/connect: every client that can report here.
type ConnectList struct {
	Clients []ConnectClient `json:"clients" doc:"the one to choose for new code first"`
}

// ConnectClient is one tracer, agent or protocol.
type ConnectClient struct {
	Name string       `json:"name"`
	Says string       `json:"says" doc:"what it is"`
	Doc  string       `json:"doc" doc:"its page in the documentation"`
	Ways []ConnectWay `json:"ways"`
}

// ConnectWay is what to set in one language.
type ConnectWay struct {
	Language string   `json:"language"`
	Lead     string   `json:"lead" doc:"where the lines belong"`
	Lines    string   `json:"lines"`
	Traps    []string `json:"traps" doc:"what to look out for"`
}

// RefusedNote is one request that was not taken.
type RefusedNote struct {
	Time     string `json:"time" format:"date-time"`
	Protocol string `json:"protocol"`
	Status   int    `json:"status"`
	Reason   string `json:"reason"`
}
