package transaction

import "clew/internal/signal"

// Peer tells what a client or producer span talked to, or where a consumer's
// message came from; without a Kind when it does not say.
func Peer(s *signal.Span) signal.Resource { return peerOf(s) }

// Failure tells how a failed span failed, and in one line why.
func Failure(s *signal.Span) (Outcome, string) {
	line := failureLine(s)
	return outcomeOf(s, line), line
}
