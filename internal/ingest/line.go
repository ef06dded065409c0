package ingest

import (
	"strings"

	"clew/internal/signal"
)

// readLines takes the spans out of log records that are no more than their
// carriers. A line that cannot be read stays.
func (d *Door) readLines(b *signal.Batch, h Header) {
	if len(d.lines) == 0 {
		return
	}
	for i := range len(b.Groups) { // what lines carry is appended behind
		logs := b.Groups[i].Logs
		kept := 0
		for j := range logs {
			if d.readLine(b, logs[j].Body.Text(), h) {
				continue
			}
			if kept < j {
				logs[kept] = logs[j]
			}
			kept++
		}
		b.Groups[i].Logs = logs[:kept]
	}
}

// readLine appends the spans in a line to b and reports whether there are any.
func (d *Door) readLine(b *signal.Batch, text string, h Header) bool {
	for _, l := range d.lines {
		rest, ok := strings.CutPrefix(text, l.Prefix)
		if !ok {
			continue
		}
		groups, refused := len(b.Groups), len(b.Refused)
		if l.Decode(b, strings.TrimSpace(rest), h) == nil && len(b.Groups) > groups {
			return true
		}
		clear(b.Groups[groups:]) // the next decoder that appends finds nothing there
		b.Groups, b.Refused = b.Groups[:groups], b.Refused[:refused]
	}
	return false
}
