package transaction

import "clew/internal/signal"

// Peer tells what a client or producer span talked to, or where a consumer's
// message came from; without a Kind when it does not say.
func Peer(s *signal.Span) signal.Resource { return peerOf(s) }

// Halves returns, by index into t.Traces, under which other id spans of a trace may
// have been sent: by tracers that report only half of it. It is zero where there is
// none, and where nobody can tell whose half it is.
func (t *Transaction) Halves() []signal.TraceID {
	apart := map[signal.TraceID]bool{}
	for _, id := range t.Traces {
		if IsHalf(id) {
			apart[id] = true
		}
	}
	halves := make([]signal.TraceID, len(t.Traces))
	for i, id := range t.Traces {
		if clear(id[:8]); !apart[id] {
			halves[i] = id
		}
	}
	return halves
}

// Failure tells how a failed span failed, and in one line why.
func Failure(s *signal.Span) (Outcome, string) {
	line := failureLine(s)
	return outcomeOf(s, line), line
}
