"""Sends the scenario of clienttest_test.go with jaeger-client and prints what it sent.

Arguments: ADDRESS of the agent's port, and SAMPLING ADDRESS for the client's default sampler.
"""
import json
import sys
import time

import opentracing
from jaeger_client import Config
from opentracing import Format, child_of, follows_from

agent = sys.argv[1]
sampling = sys.argv[2] if len(sys.argv) > 2 else ""
port = lambda addr: int(addr.rsplit(":", 1)[1])

local_agent = {"reporting_host": "127.0.0.1", "reporting_port": port(agent)}
config = {
    "local_agent": local_agent,
    "generate_128bit_trace_id": True,
    "tags": {"service.version": "1.2.3"},
    "reporter_flush_interval": 0.1,
    "sampling_refresh_interval": 0.1,
    "logging": False,
}
if sampling:
    local_agent.update(sampling_port=port(sampling))
else:
    config["sampler"] = {"type": "const", "param": 1}
tracer = Config(config=config, service_name="shop-python", validate=True).new_tracer()

base = 1700000000.0
out = {"service": "shop-python", "spans": {}, "headers": {}}


def note(span):
    c = span.context
    out["spans"][span.operation_name] = {"trace": "%032x" % c.trace_id, "id": "%016x" % c.span_id, "parent": "%016x" % c.parent_id if c.parent_id else ""}


def at(ms):
    return base + ms / 1000


def end(ms):
    return at(ms) + 5e-7  # the client cuts durations off to microseconds


def scenario():
    root = tracer.start_span("GET /orders", start_time=at(0), tags={
        "span.kind": "server", "http.method": "GET", "http.url": "http://shop/orders", "http.status_code": 200, "ratio": 1.5, "cached": True})
    charge = tracer.start_span("charge", child_of=root, start_time=at(10), tags={
        "span.kind": "client", "peer.service": "payments", "peer.hostname": "pay.internal", "peer.port": 8443, "error": True})
    charge.log_kv({"event": "error", "error.kind": "Declined", "message": "card declined", "stack": "at charge"}, timestamp=at(30))
    tracer.inject(charge, Format.HTTP_HEADERS, out["headers"])
    charge.finish(finish_time=end(40))
    far = tracer.extract(Format.TEXT_MAP, {"uber-trace-id": "abc:def:0:1"})
    audit = tracer.start_span("audit", references=[child_of(root.context), follows_from(far)], start_time=at(50))
    audit.finish(finish_time=end(60))
    publish = tracer.start_span("publish", child_of=root, start_time=at(90), tags={
        "span.kind": "producer", "component": "kafka", "message_bus.destination": "orders", "authorization": "Bearer hush-hush"})
    publish.log_kv({"event": "sent", "size": 3}, timestamp=at(95))
    root.finish(finish_time=end(100))
    publish.finish(finish_time=end(150))  # after its parent
    for span in (root, charge, audit, publish):
        note(span)


# The default sampler starts at one in a thousand and asks at once for its strategy.
while sampling and not tracer.start_span("probe").is_sampled():
    time.sleep(0.02)
scenario()
sent = tracer.close()  # a future of the reporter's thread
while not sent.done():
    time.sleep(0.01)
print(json.dumps(out))
