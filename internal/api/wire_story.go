package api

// This file is what the REST API says of a whole story beyond its graph: why it
// failed, what it waited for, what it cost. Rows and nodes are numbers, as in the
// spans' columns and in Transaction.nodes; offsets count from Transaction.start.

// Story is the part of Transaction that is worked out from all of its spans.
type Story struct {
	Traces      []string  `json:"traces" doc:"the traces that are told as this one story, its id first; the spans' trace column counts in it"`
	Cause       *Cause    `json:"cause,omitempty" doc:"where the failure began; absent when nothing failed"`
	Silent      []Silent  `json:"silent,omitempty" doc:"failures that nobody was told of"`
	Critical    []Segment `json:"critical,omitempty" doc:"what the duration consists of: each begins where the one before it ends"`
	Cost        *Cost     `json:"cost,omitempty" doc:"absent when nothing in it has a price or could have one"`
	Idle        []Idle    `json:"idle,omitempty" doc:"invocations that were billed while they waited for others"`
	Messages    []Message `json:"messages,omitempty" doc:"the life of each message; at most 1,000"`
	MessagesCut int       `json:"messages_cut,omitempty" doc:"further messages that are not in messages"`
	Cut         []string  `json:"cut,omitempty" doc:"what was left out of a very large transaction, in words"`
}

// Cause is the first bad hop and the way from it to the visible failure.
type Cause struct {
	Row        int         `json:"row" doc:"where it began"`
	Failure    int         `json:"failure" doc:"where it showed"`
	Headline   string      `json:"headline" doc:"one sentence"`
	Confidence string      `json:"confidence" enum:"high,medium,low"`
	Hops       int         `json:"hops" doc:"from row to failure"`
	Evidence   []Note      `json:"evidence"`
	Rows       []int       `json:"rows" doc:"the path, from row to failure"`
	Nodes      []int       `json:"nodes" doc:"the nodes of that path"`
	Others     []Candidate `json:"others,omitempty" doc:"what it could be instead, most likely first"`
	Values     []Value     `json:"values,omitempty" doc:"where bad fields of payloads came from"`
}

// Note is something that a row shows.
type Note struct {
	Row  int    `json:"row"`
	Text string `json:"text"`
}

// Candidate is a possible cause.
type Candidate struct {
	Row        int    `json:"row"`
	Text       string `json:"text"`
	Confidence string `json:"confidence" enum:"high,medium,low"`
}

// Value says where a field of a captured payload came from.
type Value struct {
	Row      int    `json:"row" doc:"whose payload has the field"`
	Role     string `json:"role" enum:"event,response,request,message"`
	Path     string `json:"path" doc:"of the field, as $.user"`
	FromRow  int    `json:"from_row" doc:"whose payload it came from"`
	FromRole string `json:"from_role" enum:"event,response,request,message"`
	FromPath string `json:"from_path"`
	Missing  bool   `json:"missing,omitempty" doc:"the field should be there and is not"`
}

// Silent is a failure behind something that ended well.
type Silent struct {
	Row  int    `json:"row"`
	Kind string `json:"kind" enum:"partial-batch,error-body,swallowed,async-drop,lost"`
	Text string `json:"text"`
}

// Segment is one stretch of the critical path: row, or the wait before it, was
// what the end of the transaction depended on.
type Segment struct {
	Row    int   `json:"row"`
	FromNS int64 `json:"from_ns"`
	ToNS   int64 `json:"to_ns"`
	Wait   bool  `json:"wait,omitempty" doc:"row's message waited, nothing ran"`
}

// Cost is what one run of the transaction costs at list prices.
type Cost struct {
	USD      float64    `json:"usd" doc:"sum of all items, those that were cut too"`
	Prices   string     `json:"prices" format:"date" doc:"day of the price list"`
	Items    []CostItem `json:"items" doc:"at most 1,000: the dearest, in the order of their rows"`
	ItemsCut int        `json:"items_cut,omitempty" doc:"further items that are not in items"`
	Unknown  []Unpriced `json:"unknown,omitempty" doc:"what costs something that nobody told enough of; at most 100"`
	Notes    []string   `json:"notes,omitempty" doc:"what was assumed: prices of another region, estimates"`
}

// CostItem is one line of the bill.
type CostItem struct {
	Row     int     `json:"row"`
	Node    int     `json:"node" doc:"the resource that is billed"`
	What    string  `json:"what" doc:"as Lambda compute"`
	Formula string  `json:"formula" doc:"the arithmetic, as 0.1 s × 0.5 GB × $0.0000166667/GB-s"`
	USD     float64 `json:"usd"`
}

// Unpriced is something that is billed by what was not told.
type Unpriced struct {
	Row   int    `json:"row" doc:"the first of those it is so with"`
	Node  int    `json:"node"`
	What  string `json:"what"`
	Why   string `json:"why" doc:"as: memory size not told"`
	Times int    `json:"times" doc:"how often"`
}

// Idle is an invocation that was billed while it waited.
type Idle struct {
	Row      int      `json:"row"`
	BilledNS int64    `json:"billed_ns"`
	IdleNS   int64    `json:"idle_ns" doc:"time in which it only waited: the union of its waits"`
	By       []IdleBy `json:"by" doc:"shares of idle_ns, longest first; time spent waiting for several at once is shared among them"`
}

// IdleBy is the share of one downstream.
type IdleBy struct {
	Node   int   `json:"node"`
	IdleNS int64 `json:"idle_ns"`
}

// Message is the life of one message or record, from its sending to its fate.
type Message struct {
	Key      string `json:"key" doc:"the id that both sides saw"`
	Kind     string `json:"kind" doc:"of the key, as sns.message"`
	Sender   int    `json:"sender" doc:"row; -1 when it was not seen"`
	Attempts []int  `json:"attempts" doc:"rows of its deliveries, in order"`
	Batch    int    `json:"batch" doc:"size of the largest batch it came in; 1 alone"`
	DLQ      int    `json:"dlq" doc:"node of the dead-letter queue it ended in; -1"`
	Redriven bool   `json:"redriven,omitempty" doc:"sent again out of the dead-letter queue"`
	Fate     string `json:"fate" enum:"delivered,retrying,dead,dropped,unknown"`
}
