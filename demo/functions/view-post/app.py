"""View Post: reads a post from Redis. Runs behind GET /post."""

import json
import logging
import os

import redis
from opentelemetry import trace
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor

import telemetry

flush = telemetry.start("blog-cache")
log = logging.getLogger("blog.view-post")
posts = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def view(event, _context):
    span = trace.get_current_span()
    span.set_attribute("faas.coldstart", telemetry.cold_start())
    span.set_attribute("clew.payload.event", telemetry.payload(event))
    response = _answer((event.get("queryStringParameters") or {}).get("id", ""))
    span.set_attribute("clew.payload.response", telemetry.payload(response))
    return response


def _answer(post_id):
    post = posts.get(f"post:{post_id}")
    if post is None:
        log.warning("no such post", extra={"post.id": post_id})
        return _response(404, {"message": f"no post {post_id}"})
    log.info("post read", extra={"post.id": post_id})
    return _response(200, json.loads(post))


def _response(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }


def handler(event, context):
    """What Lambda calls: the traced function, then everything is sent."""
    try:
        return view(event, context)
    finally:
        flush()


# The instrumentation wraps the function that ORIG_HANDLER names.
os.environ["ORIG_HANDLER"] = "app.view"
AwsLambdaInstrumentor().instrument()
