"""What the server counts, for Prometheus."""

import asyncio
import contextlib
import time

import grpc
import prometheus_client
from prometheus_client.core import GaugeMetricFamily

from export.serve.errors import RequestError

_SECONDS = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST


class Record:
    """A request that is counted at its end.

    Attributes:
        model: the model's name, "" while no such model is found: names that
            clients make up are no labels.
        signature: the signature's name, or "".
    """

    def __init__(self):
        self.model = ""
        self.signature = ""


class Metrics:
    """Counters and histograms of one server."""

    def __init__(self):
        self._registry = prometheus_client.CollectorRegistry()
        labels = ["model", "signature", "protocol"]
        self._requests = prometheus_client.Counter(
            "export_serve_requests",
            "Requests by how they ended, a gRPC status code.",
            [*labels, "code"],
            registry=self._registry,
        )
        self._seconds = prometheus_client.Histogram(
            "export_serve_request_seconds",
            "Seconds from a request read to its reply made.",
            labels,
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batch_rows = prometheus_client.Histogram(
            "export_serve_batch_rows",
            "Rows of the batches that were run.",
            ["model", "signature"],
            buckets=_ROWS,
            registry=self._registry,
        )

    def watch(self, models):
        """Shows queues and versions of a `Models`, as they are when asked."""
        self._registry.register(_Collector(models))

    def batch_rows(self, model, signature):
        """The histogram of the batches of a signature."""
        return self._batch_rows.labels(model, signature)

    @contextlib.contextmanager
    def request(self, protocol):
        """Counts a request, and why it failed; yields its `Record`."""
        record, start, code = Record(), time.perf_counter(), None
        try:
            yield record
            code = grpc.StatusCode.OK
        except RequestError as error:
            code = error.code
            raise
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            code = code or grpc.StatusCode.INTERNAL
            labels = record.model, record.signature, protocol
            self._requests.labels(*labels, code.name).inc()
            self._seconds.labels(*labels).observe(time.perf_counter() - start)

    def text(self):
        """All of it in the Prometheus text format, bytes."""
        return prometheus_client.generate_latest(self._registry)


class _Collector:
    def __init__(self, models):
        self._models = models

    def collect(self):
        queues = GaugeMetricFamily(
            "export_serve_queue_length",
            "Requests that wait for their batch.",
            labels=["model", "signature"],
        )
        versions = GaugeMetricFamily(
            "export_serve_version",
            "1 for the state that a version is in; END is not served.",
            labels=["model", "version", "state", "code"],
        )
        for versions_of_model in self._models:
            name = versions_of_model.name
            for signature, length in versions_of_model.queue_lengths().items():
                queues.add_metric([name, signature], length)
            for number, status in versions_of_model.statuses():
                versions.add_metric(
                    [name, str(number), status.state, status.code.name], 1
                )
        return [queues, versions]
