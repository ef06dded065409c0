"""Post Analysis: judges the mood of every new post. Invoked by the topic.

It takes for granted that a message has a user, and breaks when there is none.
"""

import hashlib
import json
import logging
import os

import boto3
import redis
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.trace import SpanKind
from redis.backoff import NoBackoff
from redis.retry import Retry

import telemetry

flush = telemetry.start("sentiment-cache")
BotocoreInstrumentor().instrument()
log = logging.getLogger("blog.post-analysis")
tracer = trace.get_tracer("post-analysis")
cache = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, retry=Retry(NoBackoff(), 0))
dynamo = boto3.client("dynamodb")

GOOD = {"good", "great", "happy", "love", "sun", "thanks", "win"}
BAD = {"bad", "broken", "hate", "rain", "sad", "slow", "timeout"}


def handler(event, context):
    """What Lambda calls: one traced story a record, then everything is sent."""
    try:
        return [_process(record, event, context) for record in event["Records"]]
    finally:
        flush()


def _process(record, event, context):
    sns = record["Sns"]
    carrier = {name: a["Value"] for name, a in sns["MessageAttributes"].items()}
    topic = sns["TopicArn"].rsplit(":", 1)[1]
    attributes = {
        "faas.invocation_id": context.aws_request_id,
        "faas.coldstart": telemetry.cold_start(),
        "faas.trigger": "pubsub",
        "cloud.resource_id": context.invoked_function_arn,
        "messaging.system": "aws_sns",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.message.id": sns["MessageId"],
        "clew.payload.event": telemetry.payload(event),
    }
    with tracer.start_as_current_span(
        f"process {topic}",
        context=propagate.extract(carrier),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
    ) as span:
        try:
            result = _analyse(json.loads(sns["Message"]))
        except Exception:
            log.exception("could not analyse the post")
            raise
        span.set_attribute("clew.payload.response", telemetry.payload(result))
        return result


def _analyse(post):
    author = post["user"]["name"]
    mood = _mood(post["text"])
    dynamo.update_item(
        TableName=os.environ["POSTS_TABLE"],
        Key={"id": {"S": post["id"]}},
        UpdateExpression="SET mood = :m",
        ExpressionAttributeValues={":m": {"S": mood}},
    )
    log.info("post analysed", extra={"post.id": post["id"], "post.author": author, "post.mood": mood})
    return {"id": post["id"], "author": author, "mood": mood}


def _mood(text):
    key = "sentiment:" + hashlib.sha256(text.encode()).hexdigest()[:16]
    mood = cache.get(key)
    if mood is None:
        words = set(text.lower().split())
        score = len(words & GOOD) - len(words & BAD)
        mood = "good" if score > 0 else "bad" if score < 0 else "neutral"
        cache.set(key, mood, ex=600)
    return mood
