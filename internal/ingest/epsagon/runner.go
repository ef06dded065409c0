package epsagon

import (
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

func isLambda(typ string) bool { return typ == "lambda" || typ == "step_function_lambda" }

// platforms are the types of runner that are functions.
var platforms = map[string][2]string{ // cloud.provider, cloud.platform
	"lambda": {"aws", "aws_lambda"}, "step_function_lambda": {"aws", "aws_lambda"},
	"azure_function": {"azure", "azure_functions"}, "google_cloud_function": {"gcp", "gcp_cloud_functions"}, "google_function": {"gcp", "gcp_cloud_functions"},
	"tencent_function": {"tencent_cloud", "tencent_cloud_scf"}, "openwhisk_action": {"", "openwhisk"},
}

// resourceAttrs tells who sent the trace. What the runner says of its host leaves
// the runner's own attributes.
func (d *decoder) resourceAttrs(version, platform string) (as signal.Attrs) {
	run := &d.runner
	d.set(&as, "service.name", firstOf(run.name, d.app))
	d.set(&as, "service.namespace", d.app)
	d.set(&as, "telemetry.sdk.name", "epsagon")
	language, runtime, runtimeVersion := languageOf(platform)
	d.sdkLanguage = language
	d.set(&as, "telemetry.sdk.language", language)
	d.set(&as, "telemetry.sdk.version", version)
	d.set(&as, "process.runtime.name", runtime)
	d.set(&as, "process.runtime.version", runtimeVersion)
	if p, ok := platforms[run.typ]; ok {
		d.set(&as, "cloud.provider", p[0])
		d.set(&as, "cloud.platform", p[1])
		d.set(&as, "faas.name", run.name)
	}
	kept := run.meta[:0]
	for _, a := range run.meta {
		text := a.Value.String()
		switch a.Key {
		case "aws_account", "aws.account_id":
			d.set(&as, "cloud.account.id", text)
		case "region":
			d.set(&as, "cloud.region", text)
		case "function_version":
			d.set(&as, "faas.version", text)
		case "memory":
			d.push(&as, "faas.max_memory", signal.Int(integer(a.Value)<<20))
		case "log_group_name":
			d.push(&as, "aws.log.group.names", d.list(text))
		case "log_stream_name":
			d.set(&as, "faas.instance", text)
			d.push(&as, "aws.log.stream.names", d.list(text))
		case "k8s_pod_name":
			d.set(&as, "k8s.pod.name", text)
		case "k8s_container_id":
			d.set(&as, "container.id", text)
		default:
			kept = append(kept, a)
		}
	}
	run.meta = kept
	return as
}

// runnerSpan adds the span of the invocation, with what its trigger tells. A
// client that splits a trace sends the runner with each piece and the trigger
// with one: there the runner stays without it, so that all copies are equal in
// kind, and the trigger is a span of no length below it.
func (d *decoder) runnerSpan(trace signal.TraceID, id signal.SpanID) {
	run := &d.runner
	s := d.span(trace, id)
	s.Name, s.Kind = run.name, signal.Server
	d.time(s, run)
	d.receiverKeys(s, run)
	s.Attrs = d.runnerAttrs(run)
	split := find(run.meta, "fragment_seq").Kind() != signal.KindEmpty
	if d.trigger.seen && !split {
		s.Kind = triggerKind(d.trigger.typ)
		d.triggerKeys(s, &d.trigger)
		d.triggerAttrs(&s.Attrs, &d.trigger)
	}
	d.outcome(s, run, false)
	if run.code == codeTimeout {
		d.timeout(s)
	}
	if d.trigger.seen && split {
		t := d.span(trace, spanID(trace, string(id[:]), "trigger", 0))
		t.Parent, t.Name, t.Kind = id, d.spanName(&d.trigger), triggerKind(d.trigger.typ)
		d.time(t, &d.trigger)
		d.triggerKeys(t, &d.trigger)
		d.triggerAttrs(&t.Attrs, &d.trigger)
	}
}

func (d *decoder) span(trace signal.TraceID, id signal.SpanID) *signal.Span {
	var s *signal.Span
	d.group.Spans, s = d.arena.Spans.Add(d.group.Spans)
	s.Trace, s.ID = trace, id
	return s
}

// timeout marks the run as one that reached its time limit. The client says so
// shortly before the limit; a run that makes it in time may be sent again as a
// success, in place of this span. The mark is a span of its own, which stays.
func (d *decoder) timeout(run *signal.Span) {
	const what = "timed out"
	run.Status.Message = firstOf(run.Status.Message, what)
	outcome := signal.Attr{Key: "clew.outcome", Value: signal.Str("timeout")}
	run.Attrs = d.arena.Attrs.Push(run.Attrs, outcome)
	trace, id, end := run.Trace, run.ID, run.End
	mark := d.span(trace, spanID(trace, string(id[:]), "timeout", 0))
	mark.Parent, mark.Name, mark.Kind, mark.Start, mark.End = id, "time limit", signal.Internal, end, end
	mark.Status = signal.Status{Code: signal.StatusError, Message: what}
	mark.Attrs = d.arena.Attrs.Push(nil, outcome)
}

func (d *decoder) runnerAttrs(run *event) (as signal.Attrs) {
	if _, ok := platforms[run.typ]; ok {
		d.set(&as, "faas.invocation_id", run.id)
	} else {
		d.set(&as, "epsagon.runner.type", run.typ)
		d.set(&as, "http.request.method", httpMethod(run.op))
	}
	for _, a := range run.meta {
		switch a.Key {
		case "cold_start", "gcp.function.cold_start":
			a = signal.Attr{Key: "faas.coldstart", Value: signal.Bool(truth(a.Value))}
		case "labels":
			d.labels(&as, a.Value.Text())
			continue
		case "trace_id":
			a.Key = "epsagon.trace_id"
		}
		as = d.arena.Attrs.Push(as, a)
	}
	d.rename(as)
	if d.faults > 0 {
		d.push(&as, "epsagon.tracer.exceptions", signal.Int(int64(d.faults)))
	}
	return as
}

func httpMethod(op string) string {
	switch m := strings.ToUpper(op); m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return ""
}

// labels reads the user's own, an object sent as text.
func (d *decoder) labels(as *signal.Attrs, text string) {
	if !strings.HasPrefix(text, "{") {
		d.set(as, "labels", text)
		return
	}
	var err error // of a text that was cut short, what came before is taken
	r := wire.NewJSON(bytesOf(text), &err)
	for key := range r.Object() {
		v := r.Value(d.arena.Charge)
		if err == nil {
			d.push(as, d.join("label.", key), v)
		}
	}
}
