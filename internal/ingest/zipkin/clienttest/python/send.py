"""Sends spans with py_zipkin and prints, as JSON, what it sent.

Usage: send.py <v1|v2|proto> <url> <token>
"""

import json
import sys
import time
import urllib.error
import urllib.request

from py_zipkin import Encoding, Kind
from py_zipkin.request_helpers import create_http_headers
from py_zipkin.transport import BaseTransportHandler
from py_zipkin.zipkin import ZipkinAttrs, zipkin_span

mode, url, token = sys.argv[1:4]
encoding, path, media = {
    "v1": (Encoding.V1_JSON, "/api/v1/spans", "application/json"),
    "v2": (Encoding.V2_JSON, "/api/v2/spans", "application/json"),
    "proto": (Encoding.V2_PROTO3, "/api/v2/spans", "application/x-protobuf"),
}[mode]


class Transport(BaseTransportHandler):
    def get_max_payload_bytes(self):
        return None

    def send(self, payload):
        body = payload if isinstance(payload, bytes) else payload.encode()
        request = urllib.request.Request(
            url + path, data=body, headers={"Content-Type": media, "Authorization": f"Bearer {token}"}
        )
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError as err:
            print(f"{err.code} {err.read()!r}", file=sys.stderr)


spans = []


def record(span, name, kind, **more):
    a = span.zipkin_attrs
    spans.append(
        {"trace": a.trace_id, "id": a.span_id, "parent": a.parent_span_id or "", "name": name, "kind": kind, **more}
    )


start = time.time()
incoming = ZipkinAttrs(
    trace_id="463ac35c9f6413ad48485a3953bb6124",
    span_id="0020000000000001",
    parent_span_id=None,
    flags="0",
    is_sampled=True,
)
with zipkin_span(
    service_name="python-client",
    span_name="post /new_post",
    transport_handler=Transport(),
    encoding=encoding,
    zipkin_attrs=incoming,
    kind=Kind.SERVER,
    host="10.0.0.7",
    port=8080,
    binary_annotations={"http.status_code": "200", "http.path": "/new_post?token=hunter2"},
) as root:
    time.sleep(0.002)
    with zipkin_span(service_name="python-client", span_name="work") as work:
        work.add_annotation("an event")
        record(work, "work", "internal", events=[{"name": "an event"}])
    try:
        with zipkin_span(
            service_name="python-client", span_name="get žluť 🧵", kind=Kind.CLIENT, binary_annotations={"numeric": "42"}
        ) as call:
            call.add_sa_binary_annotation(port=6379, service_name="redis", host="10.1.2.3")
            injected = create_http_headers()
            time.sleep(0.002)
            record(
                call,
                "get žluť 🧵",
                "client",
                status="error",
                message="ValueError: it failed",
                attrs={
                    "numeric": "42",
                    "error": "ValueError: it failed",
                    "peer.service": "redis",
                    "network.peer.address": "10.1.2.3",
                    "network.peer.port": {"int": 6379},
                },
            )
            raise ValueError("it failed")
    except ValueError:
        pass
    record(root, "post /new_post", "server", attrs={"http.status_code": "200"})

print(
    json.dumps(
        {
            "service": "python-client",
            "from": int(start * 1000),
            "to": int(time.time() * 1000) + 1,
            "spans": spans,
            "injected": injected,
        }
    )
)
