"""Drives the fakes with boto3 and checks what it understands of the answers."""

import boto3
from botocore.exceptions import ClientError


def refused(code, call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as err:
        assert err.response["Error"]["Code"] == code, err.response
        return err
    raise AssertionError(f"{code} was not raised")


def sqs():
    c = boto3.client("sqs")
    url = c.create_queue(QueueName="jobs")["QueueUrl"]
    assert c.get_queue_url(QueueName="jobs")["QueueUrl"] == url
    attributes = {
        "traceparent": {"DataType": "String", "StringValue": "00-ab-cd-01"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    # botocore checks the MD5 sums that come back.
    sent = c.send_message(QueueUrl=url, MessageBody="h\u00e9llo", MessageAttributes=attributes)
    got = c.receive_message(QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1)["Messages"]
    assert len(got) == 1 and got[0]["Body"] == "h\u00e9llo" and got[0]["MessageId"] == sent["MessageId"], got
    assert got[0]["MessageAttributes"]["traceparent"]["StringValue"] == "00-ab-cd-01", got
    assert got[0]["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\xff", got
    assert not c.receive_message(QueueUrl=url).get("Messages"), "a received message must hide"
    c.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    refused("AWS.SimpleQueueService.NonExistentQueue", c.send_message, QueueUrl=url + "-no", MessageBody="x")
    try:
        c.get_queue_url(QueueName="none")
        raise AssertionError("a missing queue was found")
    except c.exceptions.QueueDoesNotExist:
        pass
    refused("UnknownOperationException", c.list_queues)


def sns():
    c = boto3.client("sns")
    topic = c.create_topic(Name="posts")["TopicArn"]
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert c.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"].startswith(topic)
    attributes = {"a": {"DataType": "String", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\x01"}}
    assert c.publish(TopicArn=topic, Message="one & two", Subject="s", MessageAttributes=attributes)["MessageId"]
    entries = [{"Id": "x", "Message": "m1", "MessageAttributes": attributes}, {"Id": "y", "Message": "m2"}]
    assert [m["Id"] for m in c.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]] == ["x", "y"]
    refused("NotFound", c.publish, TopicArn=topic + "-no", Message="x")
    refused("InvalidParameter", c.subscribe, TopicArn=topic, Protocol="email", Endpoint="a@b")
    refused("InvalidAction", c.list_topics)


def dynamodb():
    c = boto3.client("dynamodb")
    table = "items"
    c.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "at")],
        BillingMode="PAY_PER_REQUEST",
    )
    c.get_waiter("table_exists").wait(TableName=table)
    for at in ("1", "2", "3"):
        c.put_item(TableName=table, Item={"id": {"S": "a"}, "at": {"S": at}, "n": {"N": at}, "l": {"L": [{"BOOL": True}]}})
    key = {"id": {"S": "a"}, "at": {"S": "2"}}
    assert c.get_item(TableName=table, Key=key)["Item"]["n"] == {"N": "2"}
    assert "Item" not in c.get_item(TableName=table, Key={"id": {"S": "b"}, "at": {"S": "2"}})
    new = c.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #m = :m, n = :n",
        ExpressionAttributeNames={"#m": "mood"},
        ExpressionAttributeValues={":m": {"S": "good"}, ":n": {"N": "7"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert new["mood"] == {"S": "good"} and new["n"] == {"N": "7"} and new["l"] == {"L": [{"BOOL": True}]}, new
    found = c.query(
        TableName=table,
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": "a"}},
        ScanIndexForward=False,
        Limit=2,
    )
    assert [i["at"]["S"] for i in found["Items"]] == ["3", "2"], found
    refused("ResourceNotFoundException", c.get_item, TableName="none", Key=key)
    refused("ValidationException", c.put_item, TableName=table, Item={"id": {"S": "a"}})
    refused("ValidationException", c.put_item, TableName=table, Item=key, ConditionExpression="attribute_not_exists(id)")
    refused("ValidationException", c.update_item, TableName=table, Key=key, UpdateExpression="REMOVE n")
    refused("UnknownOperationException", c.list_tables)


def functions():
    c = boto3.client("lambda")
    out = c.invoke(FunctionName="f", Payload=b'{"a":1}')
    assert out["StatusCode"] == 200 and out["Payload"].read() == b'{"a":1}' and "FunctionError" not in out, out
    try:
        c.invoke(FunctionName="none")
        raise AssertionError("a missing function was invoked")
    except c.exceptions.ResourceNotFoundException:
        pass


sqs()
sns()
dynamodb()
functions()
