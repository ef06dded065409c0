"""OpenTelemetry for the demo's Python functions: the official SDK and exporters.

Endpoint and headers come from the standard OTEL_EXPORTER_OTLP_* variables.
"""

import json
import logging
import os
import warnings

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from ledger import LedgerExporter

PAYLOAD_LIMIT = 32 * 1024

_env = os.environ
_cold = True


def start(redis_name):
    """Starts the SDK; redis_name is what the function calls its Redis."""
    service = _env["AWS_LAMBDA_FUNCTION_NAME"]
    resource = Resource.create(
        {
            "service.name": service,
            "service.version": "1.0.0",
            "deployment.environment.name": "demo",
            "cloud.provider": "aws",
            "cloud.platform": "aws_lambda",
            "cloud.region": _env["AWS_REGION"],
            "faas.name": service,
            "faas.version": _env["AWS_LAMBDA_FUNCTION_VERSION"],
            "faas.instance": _env["AWS_LAMBDA_LOG_STREAM_NAME"],
            "faas.max_memory": int(_env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) << 20,
            "aws.log.group.names": [_env["AWS_LAMBDA_LOG_GROUP_NAME"]],
        }
    )
    exporter = OTLPSpanExporter()
    if _env.get("CLEW_DEMO_LEDGER"):
        exporter = LedgerExporter(exporter, _env["CLEW_DEMO_LEDGER"], service)
    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(tracer_provider)
    logger_provider = _start_logs(resource)
    RedisInstrumentor().instrument(
        tracer_provider=tracer_provider,
        request_hook=lambda span, *_: span.set_attribute("peer.service", redis_name),
    )

    def flush():
        tracer_provider.force_flush(2000)
        logger_provider.force_flush(2000)

    return flush


def _start_logs(resource):
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    set_logger_provider(provider)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        handler = LoggingHandler(logger_provider=provider)
    log = logging.getLogger("blog")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    return provider


def payload(value):
    """A payload as a span attribute: JSON text, cut."""
    return json.dumps(value, separators=(",", ":"))[:PAYLOAD_LIMIT]


def cold_start():
    """True for the first invocation of this process."""
    global _cold
    was, _cold = _cold, False
    return was
