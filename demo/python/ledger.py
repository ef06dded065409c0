"""The ledger says which spans a server has acknowledged.

One JSON line a span, written after the export succeeded (acked) or was given up.
"""

import json
import os
import time

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult


class LedgerExporter(SpanExporter):
    """Passes spans on to another exporter and writes down what became of them."""

    def __init__(self, exporter, directory, service):
        self._exporter = exporter
        name = f"{service}-{os.getpid()}-{time.time_ns() // 1_000_000}.jsonl"
        self._file = open(os.path.join(directory, name), "a", encoding="utf-8")

    def export(self, spans):
        result = self._exporter.export(spans)
        acked = result is SpanExportResult.SUCCESS
        self._file.write("".join(_line(s, acked) for s in spans))
        self._file.flush()
        return result

    def shutdown(self):
        self._exporter.shutdown()
        self._file.close()

    def force_flush(self, timeout_millis=30000):
        return self._exporter.force_flush(timeout_millis)


def _line(span, acked):
    return (
        json.dumps(
            {
                "trace": f"{span.context.trace_id:032x}",
                "span": f"{span.context.span_id:016x}",
                "parent": f"{span.parent.span_id:016x}" if span.parent else "",
                "name": span.name,
                "kind": span.kind.name.lower(),
                "status": span.status.status_code.name.lower(),
                "service": span.resource.attributes["service.name"],
                "start": span.start_time,
                "end": span.end_time,
                "acked": acked,
            }
        )
        + "\n"
    )
