"""A Lambda function."""


def handler(event, context):
    from ddtrace import tracer

    with tracer.trace("redis.command", service="cache", resource="GET", span_type="redis") as call:
        call.set_tag("span.kind", "client")
        call.set_tag("out.host", "redis.example")
    if event.get("fail"):
        raise TypeError("cannot read 'title'")
    return {"statusCode": 200, "body": "ok"}
