package transaction

import "clew/internal/signal"

// Message is the life of one message (or record of a stream, or asynchronous
// invocation) from its sending to its fate.
type Message struct {
	Key      signal.JoinKey // by which its ends know each other; zero when a trace context told
	Sender   int            // row that sent it; -1 where that is not part of the story
	Trace    signal.TraceID // of its sender; zero where nobody told
	Attempts []int          // rows of its deliveries, in order
	Batch    int            // size of the largest batch it came in; 1 alone
	DLQ      int            // node of the dead-letter queue it went to; -1 without one
	Redriven bool           // it was delivered from its queue again after that
	Fate     Fate
}

// Fate is what became of a message.
type Fate string

// The fates of a message.
const (
	Delivered Fate = "delivered" // its last attempt ended well
	Retrying  Fate = "retrying"  // its last attempt failed, and nothing says that it was the last
	Dead      Fate = "dead"      // it went to a dead-letter queue
	Dropped   Fate = "dropped"   // given up without one
	NoFate    Fate = "unknown"   // no delivery was seen
)
