"""Reports spans with the published tracer and prints, as JSON, what they must be where they arrive.

Usage: send.py <proto|thrift> <host:port> <token>
"""

import json
import sys

import lightstep
import opentracing
from opentracing import Format

transport, address, token = sys.argv[1:4]
host, port = address.split(":")

tracer = lightstep.Tracer(
    component_name="python-orders",
    access_token=token,
    collector_host=host,
    collector_port=int(port),
    collector_encryption="none",
    use_http=transport == "proto",
    use_thrift=transport == "thrift",
    periodic_flush_seconds=3600,
)


class Sent:
    """What happened to the reports: the tracer itself keeps quiet about it."""

    errors = []


def watched(connection):
    report = connection.report

    def watch(*args, **kwargs):
        try:
            return report(*args, **kwargs)
        except Exception as err:
            Sent.errors.append(f"{type(err).__name__}: {err}")
            raise

    connection.report = watch


def nanos(seconds):
    if transport == "thrift":
        return round(seconds * 1e6) * 1000
    return int(seconds) * 10**9 + int((seconds - int(seconds)) * 1e9)


def ledger_span(span, **more):
    start = nanos(span.start_time)
    if transport == "thrift":
        end = nanos(span.start_time + span.duration)
    else:
        end = start + int(round(span.duration * 1e6)) * 1000
    return {
        "trace": format(span.context.trace_id, "032x"),
        "id": format(span.context.span_id, "016x"),
        "parent": format(span.parent_id, "016x") if span.parent_id else None,
        "name": span.operation_name,
        "start": str(start),
        "end": str(end),
        "attrs": {k: str(v) for k, v in span.tags.items()},  # every value goes as text, booleans as True
        "events": [
            {"at": str(nanos(log.timestamp)), "name": log.key_values["event"], "attrs": {k: str(v) for k, v in log.key_values.items() if k != "event"}}
            for log in span.logs
        ],
        **more,
    }


root = tracer.start_span("POST /orders", tags={"span.kind": "server", "http.status_code": 200, "http.request.body": "user=ada&password=hunter2"})
root.set_baggage_item("customer", "c-17")
call = tracer.start_span("reserve žluť 🧵", child_of=root, tags={"span.kind": "client", "peer.service": "stock", "error": True})
headers = {}
tracer.inject(call.context, Format.HTTP_HEADERS, headers)
call.log_kv({"event": "error", "error.kind": "Timeout", "message": "stock did not answer", "attempt": 2})
late = tracer.start_span("send mail", child_of=root)
call.finish()
root.finish()
late.finish()  # after its parent

tracer.recorder._maybe_init_flush_thread()
watched(tracer.recorder._flush_connection)
for _ in range(3):
    if tracer.recorder.flush():
        break
kept = len(tracer.recorder._span_records)

masked = {**{k: str(v) for k, v in root.tags.items()}, "http.request.body": "user=ada&password=***"}
print(
    json.dumps(
        {
            "service": "python-orders",
            "language": "python",
            "errors": Sent.errors,
            "kept": kept,
            "headers": headers,
            "spans": [
                ledger_span(root, kind="server", attrs=masked),
                ledger_span(call, kind="client", status="error"),
                ledger_span(late),
            ],
        }
    )
)
tracer.recorder._disabled_runtime = True  # what was kept is not for the exit to send
