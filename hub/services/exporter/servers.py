"""Memory and processor time of users' containers: asked of Docker, by the policy proxy."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import docker
from docker.errors import APIError
from docker.utils import kwargs_from_env
from prometheus_client.core import CounterMetricFamily, Metric

from hub import containers
from hub.services.exporter.sources import gauge

__all__ = ["Servers"]

_AT_ONCE: Final = 8
_LABELS: Final = ("user", "server", "profile")


class Servers:
    """Users' containers of one environment."""

    def __init__(self, environment: str) -> None:
        self._label = f"{containers.ENVIRONMENT_LABEL}={environment}"
        self._docker: Any = None

    def metrics(self) -> Iterator[Metric]:
        """What each container uses now, all asked at once."""
        if self._docker is None:
            variables = kwargs_from_env()
            self._docker = docker.APIClient(version="auto", timeout=20, **variables)
        running = self._docker.containers(filters={"label": self._label})
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(self._use, running))
        memory, limits, seconds = {}, {}, {}
        profiles: dict[tuple[str, ...], float] = defaultdict(float)
        for words, use in found:
            profiles[words[2:]] += 1
            if use is not None:
                memory[words], limits[words], seconds[words] = use
        yield gauge("mchub_servers", "Running servers by profile.", profiles, "profile")
        told = "Memory that a user's server "
        yield gauge("mchub_server_memory_bytes", f"{told}uses.", memory, *_LABELS)
        yield gauge("mchub_server_memory_limit_bytes", f"{told}may use.", limits, *_LABELS)
        family = CounterMetricFamily(
            "mchub_server_cpu_seconds", "Processor time of a user's server.", labels=_LABELS
        )
        for words, spent in seconds.items():
            family.add_metric(words, spent)
        yield family

    def _use(self, one: Any) -> tuple[tuple[str, ...], tuple[float, ...] | None]:
        label = one["Labels"]
        words = (
            containers.user_of(label.get(containers.USER_LABEL, "")),
            label.get(containers.SERVER_LABEL, ""),
            label.get(containers.PROFILE_LABEL, ""),
        )
        try:
            return words, _numbers(self._docker.stats(one["Id"], stream=False))
        except (APIError, KeyError):
            # It ended since they were listed.
            return words, None


def _numbers(stats: Any) -> tuple[float, ...]:
    """Memory without what the page cache could give back, its limit, processor seconds."""
    memory = stats["memory_stats"]
    # The name in the first version of control groups, and in the second.
    told = memory["stats"]
    cache = told.get("total_inactive_file", told.get("inactive_file", 0))
    spent = stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
    return float(memory["usage"] - cache), float(memory["limit"]), spent
