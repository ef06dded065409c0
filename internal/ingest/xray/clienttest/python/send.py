"""Sends segments with the published SDK and prints, as JSON, what it sent.

Usage: send.py <service|lambda|put> <address of the server's HTTP side> <token>
The daemon's address is in AWS_XRAY_DAEMON_ADDRESS.
"""

import json
import os
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

mode, server, token = sys.argv[1:4]
os.environ.update(AWS_ACCESS_KEY_ID="AKIDTEST", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1")
if mode == "lambda":
    os.environ.update(
        LAMBDA_TASK_ROOT=os.getcwd(),
        AWS_LAMBDA_FUNCTION_NAME="blog-view",
        _X_AMZN_TRACE_ID="Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0",
    )

import botocore.session
from aws_xray_sdk.core import patch, xray_recorder
from botocore.config import Config
from botocore.exceptions import ClientError

headers = []


class Cloud(BaseHTTPRequestHandler):
    """Answers as SNS, SQS, DynamoDB and a web server do."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        headers.append(self.headers.get("X-Amzn-Trace-Id", ""))
        target = self.headers.get("X-Amz-Target", "")
        body, status, kind = b"{}", 200, "application/x-amz-json-1.0"
        if target.startswith("AmazonSQS"):
            body = b'{"MessageId":"m-1","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}'
        elif target.startswith("DynamoDB"):
            status, body = 400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}'
        else:
            kind = "text/xml"
            body = (
                b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>d509c7c5</MessageId>'
                b"</PublishResult><ResponseMetadata><RequestId>1f73aa00-0000-4000-8000-000000000001</RequestId></ResponseMetadata></PublishResponse>"
            )
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", "1f73aa00-0000-4000-8000-00000000000" + ("1" if kind == "text/xml" else "2"))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        headers.append(self.headers.get("X-Amzn-Trace-Id", ""))
        self.send_response(429 if "busy" in self.path else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


cloud = HTTPServer(("127.0.0.1", 0), Cloud)
threading.Thread(target=cloud.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{cloud.server_port}"
clients = botocore.session.get_session()


def client(name, **config):
    return clients.create_client(name, endpoint_url=url, config=Config(retries={"max_attempts": 0}, **config))


def nanos(t):
    return str(int(Decimal(repr(t)) * 10**9)) if t else ""


def row(e, parent, kind, status="unset", **attrs):
    trace = e.trace_id.replace("-", "")[1:]
    return {
        "trace": trace, "id": e.id, "parent": parent, "name": e.name, "kind": kind, "status": status,
        "start": nanos(e.start_time), "end": nanos(e.end_time), "attrs": attrs,
    }


def calls(parent, rows):
    """Makes one of each call below the current segment."""

    def subsegment(i):
        return recorded[len(before) + i]

    before = list(recorded)
    client("sns").publish(TopicArn="arn:aws:sns:eu-west-1:123456789012:blog-new-posts", Message="{}")
    client("sqs").send_message(QueueUrl=f"{url}/123456789012/blog-jobs", MessageBody="hello")
    try:
        client("dynamodb").get_item(TableName="posts", Key={"id": {"S": "1"}})
    except ClientError:
        pass
    aws = {"rpc.system": "aws-api", "cloud.region": "eu-west-1"}
    first = {**aws, "aws.request_id": "1f73aa00-0000-4000-8000-000000000001", "http.response.status_code": {"int": 200}}
    second = {**aws, "aws.request_id": "1f73aa00-0000-4000-8000-000000000002"}
    sns, sqs, table = subsegment(0), subsegment(1), subsegment(2)
    rows.append(row(sns, parent, "producer", **first, **{
        "rpc.service": "sns", "rpc.method": "Publish", "messaging.system": "aws_sns", "aws.sns.topic.arn": "arn:aws:sns:eu-west-1:123456789012:blog-new-posts"}))
    rows.append(row(sqs, parent, "producer", **second, **{
        "rpc.service": "sqs", "rpc.method": "SendMessage", "messaging.message.id": "m-1", "messaging.system": "aws_sqs", "aws.sqs.queue.url": f"{url}/123456789012/blog-jobs"}))
    rows.append(row(table, parent, "client", "error", **second, **{
        "rpc.service": "dynamodb", "rpc.method": "GetItem", "aws.dynamodb.table_names": {"json": ["posts"]}, "http.response.status_code": {"int": 400}}))


# Every entity that is begun, in order: entities leave their parents when they are streamed.
recorded = []
begin = xray_recorder.begin_subsegment


def remember(*args, **kwargs):
    e = begin(*args, **kwargs)
    recorded.append(e)
    return e


def main():
    rows = []
    patch(["botocore", "httplib"] if mode == "service" else ["botocore"])
    xray_recorder.begin_subsegment = remember
    rule = ""
    if mode == "service":
        xray_recorder.configure(service="blog", sampling=True)
        end = time.monotonic() + 20
        while not rule and time.monotonic() < end:
            s = xray_recorder.begin_segment("blog")
            rule = s.aws["xray"].get("sampling_rule_name", "") if s.sampled else ""
            s.sampled = False
            xray_recorder.end_segment()
            time.sleep(0.02)
        xray_recorder.sampler._target_poller._do_work()  # what it does every ten seconds
        segment = xray_recorder.begin_segment("blog", traceid="1-6b012a58-d4a39e644022402da8702c9e", parent_id="53995c3f42cd8ad8")
        segment.put_http_meta("url", "http://blog.example/new_post?token=hunter2")
        segment.put_http_meta("method", "POST")
        segment.put_http_meta("user_agent", "test/1")
        segment.put_http_meta("client_ip", "192.0.2.1")
        segment.put_http_meta("status", 500)
        segment.set_user("ada")
        parent = segment.id
    else:
        segment, parent = None, "53995c3f42cd8ad8"

    with xray_recorder.in_subsegment("work") as work:
        work.put_annotation("post", "žluť 🧵 \"quoted\"")
        work.put_annotation("count", 3)
        work.put_annotation("ratio", 2.5)
        work.put_annotation("draft", True)
        work.put_metadata("body", {"tags": ["a", 1, 2.0, None], "password": "hunter2"}, "blog")
        if mode == "service":
            calls(work.id, rows)
            urlopen(Request(f"{url}/", headers={"Authorization": "Bearer hunter2"})).read()
    if mode == "lambda":
        calls(parent, rows)
        with xray_recorder.in_subsegment("after") as after:
            pass
        rows.append(row(after, parent, "internal"))
    rows.append(row(work, parent, "internal", **{
        "post": "žluť 🧵 \"quoted\"", "count": {"int": 3}, "ratio": {"double": 2.5}, "draft": {"bool": True},
        "aws.xray.metadata.blog": {"json": {"body": {"tags": ["a", 1, 2.0, None], "password": "***"}}}}))

    early = xray_recorder.begin_subsegment("ends before its child")
    late = xray_recorder.begin_subsegment("late child")
    now = time.time()
    xray_recorder.end_subsegment(now + 0.05)
    xray_recorder.end_subsegment(now)
    rows.append(row(early, parent, "internal"))
    rows.append(row(late, early.id, "internal"))
    try:
        with xray_recorder.in_subsegment("fails") as failed:
            raise TypeError("cannot read 'title'")
    except TypeError:
        pass
    rows.append({**row(failed, parent, "internal", "error"), "message": "cannot read 'title'", "exception": "TypeError"})
    if segment:
        xray_recorder.end_segment()
        rows.append(row(segment, "53995c3f42cd8ad8", "server", "error", **{
            "http.request.method": "POST", "user_agent.original": "test/1", "client.address": "192.0.2.1",
            "http.response.status_code": {"int": 500}, "enduser.id": "ada", "aws.xray.sampling_rule_name": rule}))
    print(json.dumps({"service": "blog" if segment else "", "language": "python" if segment else "", "rule": rule, "spans": rows, "headers": headers}))


def put():
    """Posts a document as PutTraceSegments does, with a signature and with a token."""
    documents = [
        '{"trace_id":"1-6b012a58-d4a39e644022402da8702c9e","id":"70de5b6f19ff9a0a","name":"put","start_time":1.478293361271E9,"end_time":1.478293361449E9}',
        '{"trace_id":"nonsense"}',
    ]
    xray = clients.create_client("xray", endpoint_url=server)
    code = ""
    try:
        xray.put_trace_segments(TraceSegmentDocuments=documents)
    except ClientError as e:
        code = e.response["Error"]["Code"]

    def bearer(request, **_):
        request.headers["Authorization"] = f"Bearer {token}"

    xray.meta.events.register("before-send.xray.PutTraceSegments", bearer)
    answer = xray.put_trace_segments(TraceSegmentDocuments=documents)
    span = {"trace": "6b012a58d4a39e644022402da8702c9e", "id": "70de5b6f19ff9a0a", "name": "put", "kind": "server",
            "start": "1478293361271000000", "end": "1478293361449000000"}
    print(json.dumps({"service": "put", "code": code, "unprocessed": len(answer["UnprocessedTraceSegments"]), "spans": [span]}))


put() if mode == "put" else main()
