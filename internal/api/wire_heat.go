package api

// This file is what the REST API says of many transactions at once: where they
// stand by time and duration, what sets some of them apart, and the log lines of
// one among its spans.

// Heat answers GET /api/transactions/heat?q&from&to&columns: how many transactions
// with a matching span began when and took how long.
type Heat struct {
	From    string   `json:"from" format:"date-time"`
	To      string   `json:"to" format:"date-time"`
	Columns int      `json:"columns"`
	Cells   [][4]int `json:"cells" doc:"column; row, of four a decade from 1 ms; transactions; those of them in which something failed"`
	Count   int      `json:"count" doc:"transactions in all cells"`
	Failed  int      `json:"failed"`
	P50NS   int64    `json:"p50_ns" doc:"duration that half of them do not exceed"`
	P95NS   int64    `json:"p95_ns"`
	Sampled string   `json:"sampled,omitempty" doc:"why not all are in it, in words"`
	Answer
}

// Differ answers GET /api/transactions/differ: the attributes that are most more
// common inside the box of a heat map than outside, or less.
type Differ struct {
	Inside     int         `json:"inside" doc:"transactions in the box that were looked at"`
	Outside    int         `json:"outside"`
	Attributes []DifferOne `json:"attributes" doc:"at most one value of a key, the most telling first"`
	Sampled    string      `json:"sampled,omitempty" doc:"why not all were looked at, in words"`
	Answer
}

// DifferOne is one value of an attribute and how many transactions have it.
type DifferOne struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Inside  int    `json:"inside"`
	Outside int    `json:"outside"`
}

// TransactionLogs answers GET /api/transactions/{id}/logs.
type TransactionLogs struct {
	Lines []PlacedLog `json:"lines" doc:"oldest first, at most 5,000"`
	Cut   int         `json:"cut,omitempty" doc:"further lines that are not in lines"`
}

// PlacedLog is one log line at its place in a transaction.
type PlacedLog struct {
	Row   int    `json:"row" doc:"of the span that wrote it; -1 where it carries no span id"`
	AtNS  int64  `json:"at_ns" doc:"after the transaction's start, by the clock its span is shown by"`
	Level string `json:"level" enum:"unset,trace,debug,info,warn,error,fatal"`
	Body  string `json:"body"`
}
