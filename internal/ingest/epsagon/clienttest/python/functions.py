"""Functions that know nothing of Epsagon, whose handler wraps them."""

import json
import os

import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

cache = redis.Redis.from_url(os.environ["REDIS_URL"], retry=Retry(NoBackoff(), 0))


def view(event, _context):
    post = cache.get("post:" + event["queryStringParameters"]["id"])
    return {"statusCode": 200, "body": post.decode()}


def post_analysis(event, _context):
    post = json.loads(event["Records"][0]["Sns"]["Message"])
    cache.get("mood:" + post["id"])
    return {"author": post.get("user")["name"]}


def sender(event, _context):
    """Answers what a caller of the services was told."""
    import boto3  # here because it takes a while

    sns, sqs, dynamo = (boto3.client(name) for name in ("sns", "sqs", "dynamodb"))
    batch = sqs.send_message_batch(
        QueueUrl=os.environ["QUEUE_URL"],
        Entries=[{"Id": str(i), "MessageBody": b} for i, b in enumerate(event["bodies"])],
    )
    topic = sns.publish(TopicArn=os.environ["TOPIC_ARN"], Message='{"id":"7","user":{"name":"ann"}}')
    dynamo.put_item(TableName="posts", Item={"id": {"S": "7"}, "title": {"S": "A day"}})
    refused = requests.post(
        os.environ["AUTH_URL"] + "/verify",
        headers={"Authorization": "Bearer " + event["token"]},
        data={"grant": "check", "password": event["password"]},
        timeout=2,
    )
    return {
        "batch": [m["MessageId"] for m in batch["Successful"]],
        "topic": topic["MessageId"],
        "status": refused.status_code,
    }


def stuck(_event, _context):
    requests.get(os.environ["AUTH_URL"] + "/slow", timeout=20)
