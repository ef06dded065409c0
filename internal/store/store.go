// Package store is the contract of everything that keeps spans, logs and points,
// and the errors all engines share. It holds no engine; storetest proves one.
package store

import (
	"context"
	"errors"
	"io"
	"iter"

	"clew/internal/query"
	"clew/internal/signal"
)

// Store keeps what was said and answers questions about it. Implementations are
// safe for concurrent use.
type Store interface {
	// Append keeps every row of b. It returns nil only when all of them would
	// survive kill -9 and power loss; any error means the sender must be told
	// that nothing was taken (some rows may still appear: sending again is safe).
	//
	// Appending twice equals once. Spans are the same when trace, span id, kind
	// and service.name are; the last one appended wins. Logs and points are the
	// same when every field is, counting repeats within one batch as different.
	//
	// Rows are visible to Trace and Scan when Append returns. b and the memory
	// its strings point to are borrowed: the store copies what it keeps.
	//
	// Errors: ErrBusy when a limit on unflushed data is reached, ErrFull when the
	// disk has no room, ErrClosed after Close, ctx.Err() when ctx ends first.
	Append(ctx context.Context, b *signal.Batch) error

	// Trace streams the spans and logs of one trace, each span once, in no
	// particular order. near is a hint where the trace may be found first; it
	// never hides anything. No such trace: the stream is empty, without error.
	// A yielded batch is valid until the next one; after an error the stream ends.
	Trace(ctx context.Context, t signal.Tenant, id signal.TraceID, near signal.Range) iter.Seq2[*signal.Batch, error]

	// Relatives lists, by id, the traces whose ids end like one of ids, in the same 8
	// bytes: those with spans or logs in near. It is for senders that report half an
	// id. Ids that end in zeros are like no other. With an error the list is what
	// could be read.
	Relatives(ctx context.Context, t signal.Tenant, ids []signal.TraceID, near signal.Range) ([]Relative, error)

	// Held says of each joint, in order, which spans that started in near hold it. It
	// costs about what reading the pages of the holders does. With an error the answer
	// is what could be read.
	Held(ctx context.Context, t signal.Tenant, joints []Joint, near signal.Range) ([]Held, error)

	// Scan streams the answer to q as query.Query describes it. What is yielded
	// is valid until the next one; after an error the stream ends. It sees every
	// row acknowledged before the call; of rows that arrive while it runs it may
	// see any subset.
	Scan(ctx context.Context, q *query.Query) iter.Seq2[*query.Rows, error]

	// Calls counts what services asked of each other, by caller and callee. A call is
	// a span that started in r and whose parent, the span of its trace with the id it
	// names, is of another service. The parent may have started at any time; what the
	// two spans say of each other is all that counts, whenever and in whatever order
	// they arrived. Where several spans have the parent's id, a span of the callee's
	// own service makes it no call; else the caller is a server or consumer rather
	// than any other kind, then the first by name of service. Spans without a trace
	// are no calls. With an error the list is what could be read.
	Calls(ctx context.Context, t signal.Tenant, r signal.Range) ([]Call, error)

	// Forget removes what rule selects, for good: the rows are not readable when
	// it returns, and their bytes leave the disk at the latest with the next merge.
	Forget(ctx context.Context, t signal.Tenant, rule Rule) error

	// Stats describes what is kept.
	Stats() Stats

	// Close makes the store durable at rest and frees it. A second Close is a no-op.
	io.Closer
}

// Rule selects rows to forget. Zero fields select nothing by themselves; all set
// fields must hold.
type Rule struct {
	Type   *signal.Type    // only this signal; nil is all
	Before signal.Time     // rows with an earlier time
	Trace  *signal.TraceID // rows of this trace
}

// Relative is a trace found by half of its id.
type Relative struct {
	Trace       signal.TraceID
	First, Last signal.Time // of its rows in the range that was asked for, both inclusive
	Tied        []Tied      // its spans in that range that may tie it to other traces, by start, id and kind
}

// Tied is a span with join keys or links.
type Tied struct {
	Span, Parent signal.SpanID
	Kind         signal.SpanKind
	At           signal.Time // its start
	Keys         []signal.JoinKey
	Links        []signal.Link // Trace and Span; the rest is not read
}

// Joint is what ties spans of different traces together: a join key that both
// carry, or, when To is set, links to that trace.
type Joint struct {
	Key signal.JoinKey
	To  signal.TraceID
}

// Held are the spans that hold a joint, each once, by start, trace, id and kind.
type Held struct {
	By  []Holder
	Cut bool // there are more than MaxHolders: these are the first
}

// MaxHolders is the most holders of one joint that are listed.
const MaxHolders = 2048

// Holder is a span that carries a join key, or links to a trace.
type Holder struct {
	Trace signal.TraceID
	Span  signal.SpanID
	Kind  signal.SpanKind
	At    signal.Time // its start
}

// Call is how often one service asked another. Durations are the callee's.
type Call struct {
	Caller, Callee string
	Count, Errors  uint64 // Errors: of spans with status error
	Sum            int64  // of durations, in nanoseconds
	Durations      query.Sketch
}

// Stats describes what a store keeps.
type Stats struct {
	Rows           [len(signal.Types)]uint64 // by signal.Type, duplicates counted once
	Bytes          int64                     // on disk, log included
	LogBytes       int64                     // of these, log not yet in parts
	Parts          int
	MemoryBytes    int64 // unflushed rows held in memory
	Oldest, Newest signal.Time
	// Damaged counts bytes that failed their checksum since the store was made.
	Damaged int64
}

// The errors of every engine. Test with errors.Is.
var (
	ErrBusy   = errors.New("store: too much unflushed data, try again shortly")
	ErrFull   = errors.New("store: no room on disk")
	ErrClosed = errors.New("store: closed")
)
