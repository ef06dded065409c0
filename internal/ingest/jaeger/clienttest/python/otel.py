"""Sends the scenario of clienttest_test.go with OpenTelemetry's last Jaeger exporters and prints what it sent.

Arguments: grpc ADDRESS | http URL | udp ADDRESS, then TOKEN.
"""
import json
import sys

from opentelemetry import trace
from opentelemetry.exporter.jaeger.proto import grpc as proto
from opentelemetry.exporter.jaeger import thrift
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

transport, to, token = sys.argv[1:4]
host, _, port = to.rpartition(":")
if transport == "grpc":
    exporter = proto.JaegerExporter(collector_endpoint=to, insecure=True)
elif transport == "http":
    exporter = thrift.JaegerExporter(collector_endpoint=to, username="clew", password=token)
else:
    exporter = thrift.JaegerExporter(agent_host_name=host, agent_port=int(port))

provider = TracerProvider(resource=Resource.create({"service.name": "shop-otel", "service.version": "1.2.3"}))
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("client-test", "0.1")
base = 1_700_000_000_000_000_000
spans = {}


def at(ms):
    return base + ms * 1_000_000


def start(name, ms, kind, parent=None, **more):
    context = trace.set_span_in_context(parent) if parent else None
    spans[name] = tracer.start_span(name, context=context, kind=kind, start_time=at(ms), **more)
    return spans[name]


root = start("GET /orders", 0, SpanKind.SERVER, attributes={
    "http.method": "GET", "http.url": "http://shop/orders", "http.status_code": 200, "ratio": 1.5, "cached": True})
charge = start("charge", 10, SpanKind.CLIENT, root, attributes={"peer.service": "payments", "net.peer.name": "pay.internal", "network.peer.port": 8443})
charge.add_event("exception", {"exception.type": "Declined", "exception.message": "card declined", "exception.stacktrace": "at charge"}, timestamp=at(30))
charge.set_status(Status(StatusCode.ERROR, "card declined"))
charge.end(at(40))
far = SpanContext(0xABC, 0xDEF, True, TraceFlags(1))
start("audit", 50, SpanKind.INTERNAL, root, links=[Link(far)]).end(at(60))
publish = start("publish", 90, SpanKind.PRODUCER, root, attributes={
    "messaging.system": "kafka", "messaging.destination.name": "orders", "authorization": "Bearer hush-hush"})
publish.add_event("sent", {"size": 3}, timestamp=at(95))
root.end(at(100))
publish.end(at(150))  # after its parent
provider.shutdown()

print(json.dumps({
    "service": "shop-otel", "headers": {},
    "spans": {name: {
        "trace": "%032x" % s.context.trace_id, "id": "%016x" % s.context.span_id, "parent": "%016x" % s.parent.span_id if s.parent else "",
    } for name, s in spans.items()},
}))
