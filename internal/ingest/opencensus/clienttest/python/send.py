"""Uses OpenCensus for Python and its agent exporter as an application would, and prints
as JSON what it recorded, once its standard input ends.

Usage: send.py ADDRESS TOKEN
"""

import datetime
import json
import sys

import grpc
from opencensus.common.monitored_resource import monitored_resource
from opencensus.ext.ocagent import stats_exporter, trace_exporter
from opencensus.proto.agent.metrics.v1 import metrics_service_pb2_grpc
from opencensus.proto.agent.trace.v1 import trace_service_pb2_grpc
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_key, tag_map, tag_value
from opencensus.trace import attributes, link, span_context, status, time_event, tracer
from opencensus.trace.propagation import b3_format, binary_format, google_cloud_format, trace_context_http_header_format
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracestate import Tracestate

address, token = sys.argv[1:3]
monitored_resource.get_instance = lambda: None  # it asks a cloud's metadata server


class Bearer(grpc.StreamStreamClientInterceptor):
    """The exporter has no setting for headers."""

    def intercept_stream_stream(self, call, details, requests):
        headers = list(details.metadata or []) + [("authorization", f"Bearer {token}")]
        return call(details._replace(metadata=headers), requests)


channel = grpc.intercept_channel(grpc.insecure_channel(address), Bearer())
told = []


class Exporter(trace_exporter.TraceExporter):
    def emit(self, spans):
        told.extend(spans)
        super().emit(spans)


def typed(v):
    for kind, name in ((bool, "bool"), (int, "int"), (float, "double")):
        if isinstance(v, kind):
            return {name: v}
    return v


def row(s):
    attrs = {k: typed(v) for k, v in (s.attributes or {}).items()}
    out = {
        "trace": s.context.trace_id, "id": s.span_id, "name": s.name, "attrs": attrs, "start": s.start_time, "end": s.end_time,
        "kind": {1: "server", 2: "client"}.get(s.span_kind), "events": len(s.annotations or []) + len(s.message_events or []), "links": len(s.links or []),
    }
    if s.parent_span_id:
        out["parent"] = s.parent_span_id
    if s.status and s.status.canonical_code:
        out["status"], out["message"] = "error", s.status.description
        attrs["census.status_code"] = {"int": s.status.canonical_code}
    return out


def record(exporter):
    remote = span_context.SpanContext("ab" + "0" * 29 + "2", "0100000000000009", tracestate=Tracestate([("acme", "blue")]))
    t = tracer.Tracer(span_context=remote, sampler=AlwaysOnSampler(), exporter=exporter)
    server = t.start_span("POST /order")
    server.span_kind = SpanKind.SERVER
    server.add_attribute("http.method", "POST")
    server.add_attribute("http.path", "/order")
    server.add_attribute("http.status_code", 500)
    server.add_attribute("vip", True)
    server.add_attribute("total", 12.5)
    server.add_attribute("http.request.header.authorization", "Bearer s3cr3t-token")
    server.add_annotation("cart read", items=3)
    server.add_message_event(time_event.MessageEvent(datetime.datetime.utcnow(), id=1, uncompressed_size_bytes=512, compressed_size_bytes=256))
    server.add_link(link.Link("07" + "0" * 28 + "07", "0700000000000007", type=2, attributes=attributes.Attributes({"why": "resumed"})))
    call = t.start_span("pay")
    call.span_kind = SpanKind.CLIENT
    call.add_attribute("http.url", "http://pay.example/card")
    call.set_status(status.Status(14, "card service is down"))
    headers = {"span": call.span_id, "grpc-trace-bin": binary_format.BinaryFormatPropagator().to_header(t.span_context).hex()}
    for form in (b3_format.B3FormatPropagator(), trace_context_http_header_format.TraceContextPropagator(), google_cloud_format.GoogleCloudFormatPropagator()):
        got = form.to_headers(t.span_context)
        headers.update(got)
    t.end_span()
    t.end_span()
    t.finish()
    return headers


def measure_and_send():
    size = measure.MeasureInt("order/size", "items of an order", "1")
    price = measure.MeasureFloat("order/price", "price of an order", "EUR")
    country = tag_key.TagKey("country")
    for v in (
        view.View("orders", "", [country], size, aggregation.CountAggregation()),
        view.View("revenue", "", [country], price, aggregation.SumAggregation()),
        view.View("last_price", "", [], price, aggregation.LastValueAggregation()),
        view.View("sizes", "", [country], size, aggregation.DistributionAggregation([1, 2, 4, 8])),
    ):
        stats.stats.view_manager.register_view(v)
    tags = tag_map.TagMap()
    tags.insert(country, tag_value.TagValue("de"))
    for n, p in ((3, 12.5), (9, 20.0)):
        m = stats.stats.stats_recorder.new_measurement_map()
        m.measure_int_put(size, n)
        m.measure_float_put(price, p)
        m.record(tags)
    handler = stats_exporter.ExportRpcHandler(metrics_service_pb2_grpc.MetricsServiceStub(channel), "oc-python", "checkout-7")
    stats_exporter.StatsExporter(handler).export_metrics(stats.stats.get_metrics())


headers = record(Exporter("oc-python", host_name="checkout-7", client=trace_service_pb2_grpc.TraceServiceStub(channel)))
measure_and_send()
sys.stdin.read()
print(json.dumps({"spans": [row(s) for s in told], "headers": headers}), flush=True)
