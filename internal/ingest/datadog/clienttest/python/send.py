"""Sends traces or metrics with the published packages and prints, as JSON, what it sent.

Usage: send.py <trace|lambda|stats>. Where to is in DD_TRACE_AGENT_URL, and for stats in DD_AGENT_HOST and DD_DOGSTATSD_PORT.
"""

import json
import os
import sys

mode = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
os.environ.update(
    DD_SERVICE="blog-view",
    DD_ENV="test",
    DD_VERSION="1.2.3",
    DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
    DD_REMOTE_CONFIGURATION_ENABLED="false",
    DD_TRACE_STARTUP_LOGS="false",
)
if mode == "lambda":
    os.environ.update(
        AWS_LAMBDA_FUNCTION_NAME="blog-view",
        AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE="256",
        AWS_REGION="eu-west-1",
        AWS_EXECUTION_ENV="AWS_Lambda_python3.11",
        LAMBDA_TASK_ROOT=here,
        DD_LAMBDA_HANDLER="function.handler",
        DD_FLUSH_TO_LOG="false",
        DD_SERVERLESS_LOGS_ENABLED="false",
        DD_LOG_LEVEL="CRITICAL",
        DD_API_KEY="x",
    )
rows, printed = [], sys.stdout
sys.stdout = sys.stderr  # the tracer prints metrics of its own


def record(tracer):
    """Notes every span that is sent."""
    from ddtrace.trace import TraceFilter

    class Note(TraceFilter):
        def process_trace(self, trace):
            for s in trace:
                if s.name == "aws.lambda.import":
                    continue
                rows.append(
                    {
                        "trace": format(s.trace_id, "032x"),
                        "id": format(s.span_id, "016x"),
                        "parent": format(s.parent_id, "016x") if s.parent_id else "",
                        "name": s.name,
                        "told": s.service,
                        "status": "error" if s.error else "unset",
                        "message": s.get_tag("error.message") if s.error else "",
                        "start": str(s.start_ns),
                        "end": str(s.start_ns + s.duration_ns),
                    }
                )
            return trace

    tracer.configure(trace_processors=[Note()])


def trace():
    from ddtrace import tracer
    from ddtrace.propagation.http import HTTPPropagator

    record(tracer)
    parent = HTTPPropagator.extract(
        {"x-datadog-trace-id": "4110911582297405551", "x-datadog-parent-id": "797643193680388251", "x-datadog-sampling-priority": "1", "x-datadog-tags": "_dd.p.tid=65f85d6500000000"}
    )
    tracer.context_provider.activate(parent)
    headers = {}
    with tracer.trace("web.request", resource="POST /new_post", span_type="web") as root:
        root.set_tag("span.kind", "server")
        root.set_tag("http.method", "POST")
        root.set_tag("http.status_code", 500)
        root.set_tag("http.url", "http://blog.example/new_post?password=hunter2")
        root.set_tag("form", '{"password":"hunter2","title":"a"}')
        root.set_metric("count", 3)
        root.set_metric("ratio", 2.5)
        root.set_tag("text", 'žluť 🧵 "quoted"')
        with tracer.trace("redis.command", service="cache", span_type="redis", resource="GET") as call:
            call.set_tag("span.kind", "client")
            call.set_tag("out.host", "redis.example")
            call.set_metric("network.destination.port", 6379)
            HTTPPropagator.inject(call.context, headers)
        try:
            with tracer.trace("fails"):
                raise TypeError("cannot read 'title'")
        except TypeError:
            pass
        linked = tracer.trace("linked")
        linked.link_span(root.context, {"why": "test"})
        linked.finish()
        early = tracer.trace("ends before its child")
        late = tracer.trace("late child")
        early.finish()
        late.finish()
    tracer.flush()
    return {"headers": headers}


def function():
    sys.path.insert(0, here)
    from datadog_lambda.handler import handler
    from ddtrace import tracer

    record(tracer)

    class Context:
        aws_request_id = "7c9a9e2e-0a0f-4d3e-8f5c-1f7b8f6b0d11"
        function_name = "blog-view"
        function_version = "$LATEST"
        memory_limit_in_mb = "256"
        invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:blog-view"
        client_context = None

        def get_remaining_time_in_millis(self):
            return 3000

    with open(os.path.join(here, "events.json")) as f:
        events = json.load(f)
    for event in events:
        try:
            handler(event, Context())
        except TypeError:
            pass
    tracer.flush()
    return {}


def stats():
    from datadog.dogstatsd import DogStatsd

    statsd = DogStatsd(host=os.environ["DD_AGENT_HOST"], port=int(os.environ["DD_DOGSTATSD_PORT"]), disable_telemetry=True, constant_tags=["team:blog"])
    statsd.increment("posts", 3, tags=["blog:a", "draft"])
    statsd.decrement("posts", 1)
    statsd.gauge("queue.depth", 7.5)
    statsd.histogram("size", 12)
    statsd.distribution("latency", 0.25)
    statsd.timing("took", 31)
    statsd.set("users", "ada")
    statsd.count("sampled", 2, sample_rate=1)
    statsd.event("deployed", "line one\nline two", alert_type="warning", tags=["blog:a"])
    statsd.service_check("database", 2, tags=["blog:a"], message="no answer")
    statsd.flush()
    statsd.stop()
    return {}


more = {"trace": trace, "lambda": function, "stats": stats}[mode]()
print(json.dumps({"spans": rows, **more}), file=printed)
printed.flush()
