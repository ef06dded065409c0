"""Functions that know nothing of Instana, whose handler wraps them."""

import json
import os

import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

cache = redis.Redis.from_url(os.environ["REDIS_URL"], retry=Retry(NoBackoff(), 0))


def view(event, _context):
    """Answers what a downstream service saw of the trace."""
    cache.get("post:1")
    seen = requests.get(os.environ["AUTH_URL"] + "/verify?token=author-token-0987654321", timeout=5)
    if "fail" in event:
        raise ValueError(event["fail"])
    body = {"status": seen.status_code, "headers": seen.json()}
    return {"statusCode": 200, "body": json.dumps(body)}
