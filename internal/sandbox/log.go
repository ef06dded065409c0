package sandbox

import (
	"bytes"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// logTag is the request id that lines written now belong to: the last one started,
// because lines come through a pipe and may be late. It is read by the goroutine
// that empties that pipe.
type logTag struct{ id atomic.Pointer[string] }

func (t *logTag) set(id string) { t.id.Store(&id) }

func (t *logTag) get() string {
	if p := t.id.Load(); p != nil {
		return *p
	}
	return ""
}

func (e *environment) line(text string) {
	e.fn.box.log(Line{Function: e.fn.Name, Environment: e.id, RequestID: e.requestID.get(), Text: text})
}

func (e *environment) platform(requestID, format string, args ...any) {
	e.fn.box.log(Line{
		Function: e.fn.Name, Environment: e.id, RequestID: requestID, Platform: true,
		Text: fmt.Sprintf(format, args...),
	})
}

// report writes END and REPORT. Initialisation is billed like the rest (since
// 2025-08-01), so a cold start's billed time covers both.
func (e *environment) report(inv *invocation, took time.Duration, why end) {
	e.platform(inv.RequestID, "END RequestId: %s", inv.RequestID)
	billed, used := took, int64(0)
	if e.proc != nil {
		used = e.proc.MaxRSS()
	}
	tail := ""
	if e.cold {
		if why != endInitError {
			billed += e.initTook
		}
		tail = fmt.Sprintf("Init Duration: %.2f ms\t", ms(e.initTook))
	}
	switch why {
	case endTimeout:
		tail += "Status: timeout\t"
	case endExit:
		tail += "Status: error\tError Type: Runtime.ExitError\t"
	case endInitError:
		tail += "Status: error\tError Type: Runtime.Unknown\t"
	}
	e.platform(inv.RequestID,
		"REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t%s",
		inv.RequestID, ms(took), math.Ceil(ms(billed)), e.fn.MemoryMB, (used+1<<20-1)>>20, tail)
}

// maxLine cuts endless lines, as CloudWatch does.
const maxLine = 256 << 10

// lineWriter cuts a process's output into lines.
type lineWriter struct {
	held []byte
	emit func(string)
}

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		w.flush(p[:i])
		p = p[i+1:]
	}
	for len(w.held)+len(p) >= maxLine {
		cut := maxLine - len(w.held)
		w.flush(p[:cut])
		p = p[cut:]
	}
	w.held = append(w.held, p...)
	return n, nil
}

func (w *lineWriter) flush(rest []byte) {
	w.emit(string(append(w.held, rest...)))
	w.held = w.held[:0]
}
