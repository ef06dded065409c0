package epsagon

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
)

// settle gives the spans of a trace that was read to its end their ids, their
// parent and their resource.
func (d *decoder) settle(version, platform string) {
	d.collapse()
	run := &d.runner
	trace := d.traceID()
	parent := signal.SpanID{}
	if run.seen {
		parent = spanID(trace, "runner", run.id, uint64(run.start))
	}
	region := run.meta.Text("region")
	for i := range d.group.Spans {
		s := &d.group.Spans[i]
		c := &d.calls[i]
		at := uint64(0)
		if vague(c.id) { // the place in the list has to do
			at = uint64(i) + 1
		}
		s.Trace, s.Parent = trace, parent
		s.ID = spanID(trace, string(parent[:]), c.id, at)
		if c.unended && run.code == codeTimeout {
			s.End = 0
		}
		for k := range s.Keys {
			if s.Keys[k].Kind == signal.KeyDynamoDBItem && s.Keys[k].Region == "" {
				s.Keys[k].Region = region
			}
		}
	}
	d.group.Resource = d.resourceAttrs(version, platform)
	if run.seen {
		d.runnerSpan(trace, parent)
	} else if d.trigger.seen {
		d.batch.Refuse(signal.Spans, 1, "epsagon: a trigger without a runner")
	}
	d.fail(d.arena.Err())
}

// traceID derives the id of the trace of one invocation from what names it: the
// attempts at one event share it. A trace without a runner is named by its first
// event.
func (d *decoder) traceID() signal.TraceID {
	h := sha256.New()
	for _, part := range [...]string{"epsagon", d.runner.meta.Text("aws_account"), d.runner.meta.Text("region"), d.runner.id} {
		h.Write(bytesOf(part))
		h.Write([]byte{0})
	}
	if !d.runner.seen && len(d.calls) > 0 {
		h.Write(bytesOf(d.calls[0].id))
		h.Write(strconv.AppendInt(nil, int64(d.group.Spans[0].Start), 10))
	}
	return signal.TraceID(h.Sum(nil)[:16])
}

// spanID derives an id that is the same whenever the same event is sent.
func spanID(trace signal.TraceID, owner, id string, more uint64) (s signal.SpanID) {
	var h xxhash.Digest
	h.Reset()
	h.Write(trace[:])
	h.WriteString(owner)
	h.Write([]byte{0})
	h.WriteString(id)
	binary.BigEndian.PutUint64(s[:], more)
	h.Write(s[:])
	binary.BigEndian.PutUint64(s[:], h.Sum64())
	return s
}

// collapse drops the HTTP call below a call of the AWS SDK, which some endpoints
// make the client see twice: both know the id of one request. What only the HTTP
// call knew of the hop is kept.
func (d *decoder) collapse() {
	var sdk map[string]int
	kept := 0
	for i := range d.calls {
		c := &d.calls[i]
		if c.http && c.gateway != "" {
			if sdk == nil {
				sdk = d.sdkCalls()
			}
			if at, ok := sdk[c.gateway]; ok {
				d.inherit(at, i)
				continue
			}
		}
		if kept < i {
			d.group.Spans[kept], d.calls[kept] = d.group.Spans[i], *c
			if isAWS(c.origin) && sdk != nil {
				sdk[c.id] = kept
			}
		}
		kept++
	}
	clear(d.group.Spans[kept:])
	d.group.Spans, d.calls = d.group.Spans[:kept], d.calls[:kept]
}

// sdkCalls lists the calls of the AWS SDK by request id.
func (d *decoder) sdkCalls() map[string]int {
	sdk := map[string]int{}
	for i := range d.calls {
		if c := &d.calls[i]; isAWS(c.origin) && !vague(c.id) && d.arena.Charge(2*int(unsafe.Sizeof(c.id))) {
			sdk[c.id] = i
		}
	}
	return sdk
}

// inherit gives span at the keys of span i that do not come from the answer.
func (d *decoder) inherit(at, i int) {
	for _, k := range d.group.Spans[i].Keys {
		if k.Kind == signal.KeyXRayTrace || k.Kind == signal.KeyEpsagonHeader {
			d.otherKey(&d.group.Spans[at], k.Kind, k.Value)
		}
	}
}

// language is that of the client.
func (d *decoder) language() string {
	if d.sdkLanguage == "nodejs" {
		return "node"
	}
	return d.sdkLanguage
}

// language is that of the client whose SDK call this is.
func language(origin string) string {
	if origin == "botocore" {
		return "python"
	}
	return "node"
}

// languageOf reads "Python 3.11", "node 20.20.2", "go go1.21".
func languageOf(platform string) (language, runtime, version string) {
	runtime, version, _ = strings.Cut(platform, " ")
	runtime = strings.ToLower(runtime)
	switch runtime {
	case "node", "nodejs":
		return "nodejs", "nodejs", version
	case "python", "go", "ruby", "java", "php":
		return runtime, runtime, version
	case ".net", "dotnet", "csharp":
		return "dotnet", "dotnet", version
	}
	return "", runtime, version
}
