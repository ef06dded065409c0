// Package query is a question to a store as plain data, its answer's rows, and
// the text language that parses to it and prints back. It does no I/O: engines
// compile a Query in their own way, and Match is the meaning they must agree on.
package query

import (
	"bytes"
	"cmp"
	"time"

	"clew/internal/signal"
)

// Query asks one tenant's spans, logs or points of a time range.
//
// Without By and Every the answer is rows, newest first by (time, trace, span), each
// (trace, span id, kind, service) once. With either it is one Bucket for every
// distinct combination of those fields and window, largest count first, and Limit,
// Before and Head do not apply to the rows that are counted.
type Query struct {
	Tenant signal.Tenant
	Type   signal.Type
	Range  signal.Range // on a span's start, a log's or point's time
	Where  *Expr        // nil matches every row
	By     []string     // fields to group by
	// Every makes one Bucket for every window of that length, too: windows start at
	// multiples of it since 1970. It works without By. 0 is one window for all.
	Every  time.Duration
	Limit  int     // rows or buckets wanted; 0 is no limit
	Before *Cursor // only rows after this position of the newest-first order
	// Head asks only for what identifies a row: for spans ids, parent, kind,
	// status, name, times and the resource; no span attributes, events, links or
	// keys. Engines read less for it.
	Head bool
	// Durations asks for Bucket.Durations as well.
	Durations bool
}

// Counts reports whether the answer is buckets.
func (q *Query) Counts() bool { return len(q.By) > 0 || q.Every > 0 }

// Window returns the start of the window of at; 0 without Every.
func (q *Query) Window(at signal.Time) signal.Time {
	if q.Every <= 0 {
		return 0
	}
	into := at % signal.Time(q.Every)
	if into < 0 { // before 1970
		into += signal.Time(q.Every)
	}
	return at - into
}

// Row is one matching row. Exactly one of Span, Log and Point is set. It is
// valid until the iteration asks for the next Rows.
type Row struct {
	Resource signal.Attrs
	Scope    *signal.Scope
	Span     *signal.Span
	Log      *signal.Log
	Point    *signal.Point
}

// Rows is one chunk of an answer.
type Rows struct {
	Rows    []Row
	Buckets []Bucket
	Scanned int    // rows looked at for this chunk
	Partial string // why the whole answer is not complete; "" when it is
}

// Bucket is what an aggregate query says of one combination of the By fields.
type Bucket struct {
	Key    []signal.Value // one per By field; empty where the row has none
	At     signal.Time    // start of the window; 0 without Every
	Count  uint64
	Errors uint64 // rows with status error, or level error and above
	// Sum, Min and Max are span durations in nanoseconds; 0 for other signals.
	Sum, Min, Max  int64
	Oldest, Newest signal.Time
	// Durations are those of the spans, when Query.Durations asks for them.
	Durations Sketch
}

// Quantile returns the duration in nanoseconds that a share q, from 0 to 1, of the
// spans do not exceed, within 1.6 %. It is for answers with Durations.
func (b *Bucket) Quantile(q float64) int64 { return min(max(b.Durations.Quantile(q), b.Min), b.Max) }

// Cursor is a position in the newest-first order of rows.
type Cursor struct {
	At    signal.Time
	Trace signal.TraceID
	Span  signal.SpanID
	// Skip counts rows already given whose At, Trace and Span equal these, for
	// rows the three do not tell apart (log lines of one instant).
	Skip int
}

// Position returns where r stands in the newest-first order.
func (r *Row) Position() Cursor {
	switch {
	case r.Span != nil:
		return Cursor{At: r.Span.Start, Trace: r.Span.Trace, Span: r.Span.ID}
	case r.Log != nil:
		return Cursor{At: r.Log.At, Trace: r.Log.Trace, Span: r.Log.Span}
	case r.Point != nil:
		return Cursor{At: r.Point.At}
	}
	return Cursor{}
}

// Compare orders positions newest first: negative when c comes before d.
// Skip does not take part.
func (c Cursor) Compare(d Cursor) int {
	if n := cmp.Compare(d.At, c.At); n != 0 {
		return n
	}
	if n := bytes.Compare(d.Trace[:], c.Trace[:]); n != 0 {
		return n
	}
	return bytes.Compare(d.Span[:], c.Span[:])
}
