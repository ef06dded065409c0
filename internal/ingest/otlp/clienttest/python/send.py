"""Sends spans, logs and metrics with the official SDK and prints, as JSON, what it sent.

Usage: send.py <proto|grpc> <endpoint> <token>
"""

import importlib
import json
import sys

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

protocol, endpoint, token = sys.argv[1:4]
refused = []


def exporter(signal, path, name):
    kind = "http" if protocol == "proto" else "grpc"
    module = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{kind}.{signal}_exporter")
    if kind == "http":
        from opentelemetry.exporter.otlp.proto.http import Compression

        made = getattr(module, name)(
            endpoint=f"{endpoint}/v1/{path}",
            headers={"Authorization": f"Bearer {token}"},
            compression=Compression.Gzip,
            timeout=5,
        )
    else:
        from grpc import Compression

        made = getattr(module, name)(
            endpoint=endpoint,
            insecure=True,
            headers=(("authorization", f"Bearer {token}"),),
            compression=Compression.Gzip,
            timeout=5,
        )
    send = made.export

    def checked(*args, **kwargs):
        result = send(*args, **kwargs)
        if result.name != "SUCCESS":
            refused.append(f"{path}: {result}")
        return result

    made.export = checked
    return made


def value(v):
    if isinstance(v, str):
        return v
    if isinstance(v, bool):
        return {"bool": v}
    if isinstance(v, int):
        return {"int": v}
    if isinstance(v, float):
        return {"double": v}
    return {"json": list(v)}


def values(attrs):
    return {k: value(v) for k, v in (attrs or {}).items()}


def hex_trace(i):
    return format(i, "032x")


def hex_span(i):
    return format(i, "016x")


def ledger_span(s):
    return {
        "trace": hex_trace(s.context.trace_id),
        "id": hex_span(s.context.span_id),
        "parent": hex_span(s.parent.span_id) if s.parent else None,
        "name": s.name,
        "kind": s.kind.name.lower(),
        "status": s.status.status_code.name.lower(),
        "message": s.status.description,
        "start": str(s.start_time),
        "end": str(s.end_time),
        "attrs": values(s.attributes),
        "events": [{"at": str(e.timestamp), "name": e.name, "attrs": values(e.attributes)} for e in s.events],
        "links": [
            {"trace": hex_trace(link.context.trace_id), "span": hex_span(link.context.span_id), "attrs": values(link.attributes)}
            for link in s.links
        ],
    }


resource = Resource.create({"service.name": "python-client", "service.version": "1.2.3"})
memory = InMemorySpanExporter()
tracers = TracerProvider(resource=resource)
tracers.add_span_processor(SimpleSpanProcessor(exporter("trace", "traces", "OTLPSpanExporter")))
tracers.add_span_processor(SimpleSpanProcessor(memory))
loggers = LoggerProvider(resource=resource)
loggers.add_log_record_processor(SimpleLogRecordProcessor(exporter("_log", "logs", "OTLPLogExporter")))
reader = PeriodicExportingMetricReader(exporter("metric", "metrics", "OTLPMetricExporter"), export_interval_millis=3600000)
meters = MeterProvider(resource=resource, metric_readers=[reader])

tracer = tracers.get_tracer("client-test", "0.1")
logger = loggers.get_logger("client-test")
logs = []
with tracer.start_as_current_span("POST /new_post", kind=SpanKind.SERVER) as root:
    for kind in (SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.INTERNAL):
        links = [Link(root.get_span_context(), {"why": "test"})]
        with tracer.start_as_current_span(f"child {kind.value} žluť 🧵", kind=kind, links=links) as span:
            span.set_attributes(
                {
                    "text": 'quote " and \x01',
                    "empty": "",
                    "yes": True,
                    "no": False,
                    "int": 42,
                    "negative": -7,
                    "large": 2**63 - 1,
                    "double": 2.5,
                    "whole": 3.0,
                    "texts": ["a", "b"],
                    "numbers": [1.0, 2.5],
                    "booleans": [True, False],
                }
            )
            span.add_event("an event", {"n": 1})
            if kind == SpanKind.CLIENT:
                span.record_exception(ValueError("it failed"))
                span.set_status(Status(StatusCode.ERROR, "it failed"))
            if kind == SpanKind.PRODUCER:
                span.set_status(Status(StatusCode.OK))
            logger.emit(
                LogRecord(
                    timestamp=1_700_000_000_000_000_000 + kind.value,
                    context=trace.set_span_in_context(span),
                    severity_number=SeverityNumber.ERROR,
                    severity_text="ERROR",
                    body=f"said {kind.value}",
                    attributes={"n": kind.value},
                )
            )
            ctx = span.get_span_context()
            logs.append(
                {
                    "at": str(1_700_000_000_000_000_000 + kind.value),
                    "trace": hex_trace(ctx.trace_id),
                    "span": hex_span(ctx.span_id),
                    "level": 17,
                    "level_text": "ERROR",
                    "body": f"said {kind.value}",
                    "attrs": {"n": {"int": kind.value}},
                }
            )

meter = meters.get_meter("client-test")
meter.create_counter("posts", unit="{post}", description="posts written").add(3, {"blog": "a"})
meter.create_histogram("took", unit="ms").record(7)
points = [
    {
        "name": "posts",
        "unit": "{post}",
        "description": "posts written",
        "kind": "sum",
        "monotonic": True,
        "temporality": 2,
        "value": {"int": 3},
        "attrs": {"blog": "a"},
    },
    {"name": "took", "unit": "ms", "kind": "histogram", "count": 1},
]
tracers.force_flush()
loggers.force_flush()
spans = [ledger_span(s) for s in memory.get_finished_spans()]
for provider in (tracers, loggers, meters):
    provider.shutdown()
if refused:
    sys.exit("refused: " + "; ".join(refused))
print(json.dumps({"service": "python-client", "spans": spans, "logs": logs, "points": points}))
