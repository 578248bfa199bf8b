"""What a user's server is, what it may use, and when it ends."""

import re
from dataclasses import dataclass
from datetime import timedelta

from hub.laws import (
    n_bytes,
    require,
    require_bytes,
    require_duration,
    require_name,
    require_names,
    require_parts,
    require_positive,
    require_subnet,
    require_text,
)

__all__ = [
    "Container",
    "Device",
    "Gpus",
    "Idle",
    "Limits",
    "LocalProcess",
    "Pod",
    "Profile",
    "Server",
    "Start",
]


@dataclass(frozen=True, kw_only=True)
class LocalProcess:
    """A user's server is a process beside the hub, in a home folder of its own."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A kind of server that users choose: its image, its limits, who is offered it.

    `gpu` is a fraction of one card, 0 for none. `groups` are those to whose members it is
    offered; nobody is left out if there are none. `at_most` is how long such a server may
    run.
    """

    name: str
    title: str
    image: str
    memory: str
    cpus: float
    gpu: float
    at_most: timedelta
    groups: tuple[str, ...] = ()

    def check(self, path: str) -> None:
        """Refuse an image without a version, and limits of nothing."""
        require_name(f"{path}.name", self.name)
        require_text(f"{path}.title", self.title)
        fits = ":" in self.image.rpartition("/")[2]
        require(fits, f"{path}.image", "name a tag or a digest", self.image)
        require_bytes(f"{path}.memory", self.memory)
        require_positive(f"{path}.cpus", self.cpus)
        fits = self.gpu == 0 or 0.01 <= self.gpu <= 1
        law = "be a fraction of one GPU, at least 0.01, or 0 for none"
        require(fits, f"{path}.gpu", law, self.gpu)
        law = "have at most four decimals"
        require(round(self.gpu, 4) == self.gpu, f"{path}.gpu", law, self.gpu)
        require_duration(f"{path}.at_most", self.at_most)
        require_names(f"{path}.groups", self.groups)


@dataclass(frozen=True, kw_only=True)
class Container:
    """A user's server is a container on the network `network`, of a profile they choose.

    `subnet` are the addresses of that network. `egress` says what a server reaches besides
    the platform: ``none`` or the ``internet``.
    """

    network: str
    subnet: str
    egress: str
    profiles: tuple[Profile, ...]

    def check(self, path: str) -> None:
        """Refuse a network without a name, and a hub without a profile."""
        require_name(f"{path}.network", self.network)
        # The kernel allows an interface fifteen characters.
        law = "have at most 15 characters"
        require(len(self.network) <= 15, f"{path}.network", law, self.network)
        require_subnet(f"{path}.subnet", self.subnet)
        fits = self.egress in ("none", "internet")
        require(fits, f"{path}.egress", "be `none` or `internet`", self.egress)
        require_parts(f"{path}.profiles", self.profiles, Profile, at_least=1)


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A user's server is a pod in the namespace `namespace` of a cluster, of a profile.

    Homes are claims of the class `storage_class`, the cluster's own if it is empty. The
    cluster's device plugin makes `gpu_parts` parts of a card; a pod asks for `gpu_resource`
    as many times as its profile needs.
    """

    namespace: str
    storage_class: str
    gpu_resource: str
    gpu_parts: int
    profiles: tuple[Profile, ...]

    def check(self, path: str) -> None:
        """Refuse a part of a card that the cluster doesn't give out."""
        require_name(f"{path}.namespace", self.namespace)
        if self.storage_class:
            require_name(f"{path}.storage_class", self.storage_class)
        prefix, _, name = self.gpu_resource.partition("/")
        fits = bool(name) and "." in prefix and "/" not in name
        law = "be a resource such as `nvidia.com/gpu.shared`"
        require(fits, f"{path}.gpu_resource", law, self.gpu_resource)
        require_positive(f"{path}.gpu_parts", self.gpu_parts)
        require_parts(f"{path}.profiles", self.profiles, Profile, at_least=1)
        for profile in self.profiles:
            parts = round(profile.gpu * self.gpu_parts, 6)
            law = f"be whole parts of a card of {self.gpu_parts}"
            fits = parts == int(parts)
            require(fits, f"{path}.profiles.{profile.name}.gpu", law, profile.gpu)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one server may use: enforced where servers are containers, told elsewhere.

    `storage` is what one user may keep, on all their servers together. It is measured now
    and then, told of, and held at the next start.
    """

    memory: str
    cpus: float
    storage: str

    def check(self, path: str) -> None:
        """Refuse limits of nothing."""
        require_bytes(f"{path}.memory", self.memory)
        require_positive(f"{path}.cpus", self.cpus)
        require_bytes(f"{path}.storage", self.storage)


@dataclass(frozen=True, kw_only=True)
class Start:
    """How long a server may take to start and to answer, and how many start at once."""

    within: timedelta
    answer_within: timedelta
    at_once: int

    def check(self, path: str) -> None:
        """Refuse times and counts of nothing."""
        require_duration(f"{path}.within", self.within)
        require_duration(f"{path}.answer_within", self.answer_within)
        require_positive(f"{path}.at_once", self.at_once)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A user's server: where it runs, what it may use, how it starts, how many at most.

    `at_most` servers run at the same time. A user may have `named_at_most` servers with a
    name, running or not, besides the one without.
    """

    runs_as: LocalProcess | Container | Pod
    limits: Limits
    start: Start
    at_most: int
    named_at_most: int

    def check(self, path: str) -> None:
        """Refuse a hub that may run no server."""
        self.runs_as.check(f"{path}.runs_as")
        self.limits.check(f"{path}.limits")
        self.start.check(f"{path}.start")
        require_positive(f"{path}.at_most", self.at_most)
        law = "be 0 or more"
        require(self.named_at_most >= 0, f"{path}.named_at_most", law, self.named_at_most)
        if not isinstance(self.runs_as, LocalProcess):
            for profile in self.runs_as.profiles:
                _check_within(
                    f"{path}.runs_as.profiles.{profile.name}", profile, self.limits
                )


def _check_within(path: str, profile: Profile, limits: Limits) -> None:
    fits = n_bytes(profile.memory) <= n_bytes(limits.memory)
    law = f"be at most `server.limits.memory`, {limits.memory}"
    require(fits, f"{path}.memory", law, profile.memory)
    law = f"be at most `server.limits.cpus`, {limits.cpus:g}"
    require(profile.cpus <= limits.cpus, f"{path}.cpus", law, profile.cpus)


@dataclass(frozen=True, kw_only=True)
class Device:
    """A GPU of this host: its UUID, as the driver reports it, and its memory."""

    name: str
    memory: str

    def check(self, path: str) -> None:
        """Refuse a device that can't be asked for by its UUID."""
        fits = re.fullmatch(r"(GPU|MIG)-[0-9A-Za-z-]+", self.name) is not None
        require(fits, f"{path}.name", "be a UUID such as `GPU-8f2b...`", self.name)
        require_bytes(f"{path}.memory", self.memory)


@dataclass(frozen=True, kw_only=True)
class Gpus:
    """The fraction `share` of every GPU is this environment's.

    `devices` are those of the host; if none are named, the driver is asked. Members of the
    groups `ahead` wait as if they had come earlier by `ahead_by`: they pass others, and
    keep nobody waiting for ever.
    """

    share: float
    devices: tuple[Device, ...] = ()
    ahead: tuple[str, ...] = ()
    ahead_by: timedelta = timedelta(minutes=30)

    def check(self, path: str) -> None:
        """Refuse a share of nothing or of more than a whole GPU."""
        require_positive(f"{path}.share", self.share)
        law = "be a fraction of each GPU, at most 1"
        require(self.share <= 1, f"{path}.share", law, self.share)
        require_parts(f"{path}.devices", self.devices, Device)
        require_names(f"{path}.ahead", self.ahead)
        require_duration(f"{path}.ahead_by", self.ahead_by)


@dataclass(frozen=True, kw_only=True)
class Idle:
    """When an unused server is stopped; activity is read from the proxy and the servers.

    Its user is warned the time `warn_before` earlier. A GPU that is busy for more than the
    fraction `gpu_busy` of the time is in use, whatever else is silent.
    """

    after: timedelta
    warn_before: timedelta
    gpu_busy: float
    check_every: timedelta
    read_every: timedelta

    @property
    def report_every(self) -> timedelta:
        """Time between two reports of a server, of which several come before it is idle."""
        return max(min(self.after / 4, timedelta(minutes=5)), timedelta(seconds=1))

    def check(self, path: str) -> None:
        """Refuse to call idle what has not been looked at since it last worked."""
        # Zero would also keep the hub from ever restoring the routes of a restarted proxy.
        require_duration(f"{path}.read_every", self.read_every)
        require_duration(f"{path}.check_every", self.check_every)
        require_duration(f"{path}.warn_before", self.warn_before)
        fits = self.warn_before < self.after
        law = "be shorter than `idle.after`"
        require(fits, f"{path}.warn_before", law, str(self.warn_before))
        fits = 0 < self.gpu_busy < 1
        require(fits, f"{path}.gpu_busy", "lie between 0 and 1", self.gpu_busy)
        fits = self.after >= 2 * self.read_every
        require(
            fits, f"{path}.after", "be at least twice `idle.read_every`", str(self.after)
        )
