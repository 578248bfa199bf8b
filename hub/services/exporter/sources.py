"""Sources of metrics, each read again and again; a scrape gets what was read last."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily, Metric

__all__ = ["Read", "Sources", "gauge"]

_LOG: Final = logging.getLogger("hub.exporter")

Read = Callable[[], Iterable[Metric]]
"""Reads one source, and may take its time or fail."""

# What is older says nothing about now, and is left out: a gap is seen, a stale value isn't.
_FRESH_FOR: Final = 3.0


def gauge(
    name: str, text: str, values: Mapping[Any, float], *labels: str
) -> GaugeMetricFamily:
    """One metric with its values by labels.

    Parameters
    ----------
    name, text : str
        What it is called, and what it means.
    values : mapping
        From a tuple of the labels' values to a number.
    *labels : str
        Names of the labels.
    """
    family = GaugeMetricFamily(name, text, labels=labels)
    for words, value in values.items():
        family.add_metric(words, value)
    return family


class Sources:
    """All sources, as a collector of the Prometheus client.

    Parameters
    ----------
    reads : mapping
        For every source's name how to read it, and how often in seconds.
    """

    def __init__(self, reads: Mapping[str, tuple[Read, float]]) -> None:
        self._reads = reads
        self._found: dict[str, tuple[float, list[Metric]]] = {}
        self._seconds: dict[str, float] = {}

    def begin(self) -> None:
        """Read every source in a thread that ends with the process."""
        for name in self._reads:
            told: Any = {"args": (name,), "name": name, "daemon": True}
            threading.Thread(target=self._keep, **told).start()

    def read(self, name: str) -> bool:
        """Read one source once; whether that succeeded."""
        began = time.monotonic()
        try:
            found = list(self._reads[name][0]())
        except Exception as error:
            # Whatever is the matter with one source, the others go on.
            _LOG.warning("%s can't be read: %r", name, error)
            return False
        self._seconds[name] = time.monotonic() - began
        self._found[name] = time.monotonic(), found
        return True

    def _keep(self, name: str) -> None:
        while True:
            self.read(name)
            time.sleep(self._reads[name][1])

    def collect(self) -> Iterator[Metric]:
        """What was read last, and which sources are fresh."""
        now, fresh = time.monotonic(), {}
        for name, (_, every) in self._reads.items():
            at, found = self._found.get(name, (float("-inf"), []))
            is_fresh = now - at <= _FRESH_FOR * every + self._seconds.get(name, 0.0)
            fresh[(name,)] = float(is_fresh)
            if is_fresh:
                yield from found
        yield gauge(
            "mchub_exporter_source_up",
            "Whether a source of the exporter was read a moment ago.",
            fresh,
            "source",
        )
