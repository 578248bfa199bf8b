"""The policy of one environment: what its containers may be, in numbers and names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from hub.laws import (
    refusal,
    require,
    require_declared_types,
    require_names,
    require_positive,
    require_text,
)

__all__ = ["GPU_FRACTION", "Gpu", "Labels", "Policy", "load_policy", "read_policy"]

# A name as DockerSpawner escapes it: what isn't a letter or digit is `-` and two digits,
# so `--` never stands within a user's name.
USER: Final = r"(?:[a-z0-9]|-[0-9a-f]{2}){1,100}"

_IMAGE: Final = re.compile(
    r"[a-z0-9][a-z0-9._/-]*(?::[0-9]+/[a-z0-9._/-]+)?"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?"
)
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_LOG_DRIVERS: Final = ("journald", "json-file", "local", "none")


class Labels:
    """The labels that every container of a user carries."""

    USER: Final = "mchub.user"
    PROFILE: Final = "mchub.profile"
    ENVIRONMENT: Final = "mchub.environment"
    GPU: Final = "mchub.gpu"
    GPU_FRACTION: Final = "mchub.gpu_fraction"


GPU_FRACTION: Final = re.compile(r"0\.[0-9]{1,4}|1(?:\.0{1,4})?")


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One device: its id as Docker knows it, and its memory."""

    id: str
    memory_mib: int

    def check(self, path: str) -> None:
        """Refuse ids that stand for several devices."""
        require_text(f"{path}.id", self.id)
        fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9./=:_-]*", self.id) is not None
        several = self.id.lower() in ("all", "none", "void") or self.id.endswith("=all")
        law = "be the id of one device, such as `GPU-8c6…`, `0` or `nvidia.com/gpu=0`"
        require(fits and not several, f"{path}.id", law, self.id)
        require_positive(f"{path}.memory_mib", self.memory_mib)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the containers of one environment may be.

    Every field is documented in README.md of this folder.

    Raises
    ------
    SettingsError
        If a value breaks a law; the message begins with the field's path.
    """

    environment: str
    prefix: str
    images: tuple[str, ...]
    network: str
    memory_bytes: int
    cpus: float
    pids: int
    user: str = "1000:100"
    home: str = "/home/jovyan"
    volume: str = "{prefix}-home-{user}"
    tmpfs: tuple[str, ...] = ("/tmp", "/var/tmp", "/run")
    log_drivers: tuple[str, ...] = ("journald", "json-file", "local")
    gpus: tuple[Gpu, ...] = ()
    gpu_share: float = 0.0

    def __post_init__(self) -> None:
        require_declared_types("policy", self)
        self._check_names()
        self._check_paths()
        self._check_limits()

    def _check_names(self) -> None:
        require_names("policy.environment", (self.environment,))
        for field in ("prefix", "network"):
            value = getattr(self, field)
            fits = _OWN_NAME.fullmatch(value) is not None
            law = "be lower-case letters, digits and hyphens, a letter first"
            require(fits, f"policy.{field}", law, value)
        general = self.network in ("bridge", "default", "host", "none")
        require(not general, "policy.network", "be a network of its own", self.network)
        require(bool(self.images), "policy.images", "name at least one image", self.images)
        for image in self.images:
            fits = _IMAGE.fullmatch(image) is not None and ":" in image.rpartition("/")[2]
            require(fits, "policy.images", "be names with a tag or a digest", image)
        law = f"be among {', '.join(_LOG_DRIVERS)}: they send nothing elsewhere"
        for driver in self.log_drivers:
            require(driver in _LOG_DRIVERS, "policy.log_drivers", law, driver)

    def _check_paths(self) -> None:
        law = "hold `{user}` and `{prefix}` and else only letters, digits and hyphens"
        plain = self.volume.replace("{user}", "").replace("{prefix}", "")
        fits = (
            self.volume.startswith("{prefix}-")
            and self.volume.count("{user}") == 1
            and re.fullmatch(r"[a-z0-9-]*", plain) is not None
        )
        require(fits, "policy.volume", law, self.volume)
        for path in (self.home, *self.tmpfs):
            field = "home" if path is self.home else "tmpfs"
            fits = re.fullmatch(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", path) is not None
            require(fits, f"policy.{field}", "be an absolute folder, spelled out", path)
        fits = re.fullmatch(r"[1-9][0-9]{0,8}:[1-9][0-9]{0,8}", self.user) is not None
        law = "be `<uid>:<gid>`, neither of them root's"
        require(fits, "policy.user", law, self.user)

    def _check_limits(self) -> None:
        require_positive("policy.memory_bytes", self.memory_bytes)
        require_positive("policy.cpus", self.cpus)
        require_positive("policy.pids", self.pids)
        fits = 0 <= self.gpu_share <= 1
        require(fits, "policy.gpu_share", "be between 0 and 1", self.gpu_share)
        for index, gpu in enumerate(self.gpus):
            gpu.check(f"policy.gpus.{index}")
        ids = [gpu.id for gpu in self.gpus]
        require(len(set(ids)) == len(ids), "policy.gpus", "name each device once", ids)

    def volume_of(self, user: str) -> str:
        """Name of the volume that holds the home of `user`, an escaped name."""
        return self.volume.format(prefix=self.prefix, user=user)

    def is_home(self, volume: str) -> bool:
        """Whether a volume of that name is the home of some user."""
        before, after = (re.escape(part) for part in self.volume_of("/").split("/"))
        return re.fullmatch(f"{before}{USER}{after}", volume) is not None

    def is_name_of(self, name: str, user: str) -> bool:
        """Whether a container of `user` may be called so."""
        own = f"{self.prefix}-{user}"
        return re.fullmatch(rf"{re.escape(own)}(?:--{USER})?", name) is not None


def read_policy(found: object) -> Policy:
    """The policy in what a JSON file held.

    Raises
    ------
    SettingsError
        If a field is unknown, missing or breaks a law.
    """
    values = _checked_keys("policy", found, Policy)
    for field in ("images", "tmpfs", "log_drivers", "gpus"):
        if field in values:
            value = values[field]
            require(isinstance(value, list), f"policy.{field}", "be a list", value)
            values[field] = tuple(value)
    values["gpus"] = tuple(
        Gpu(**_checked_keys(f"policy.gpus.{index}", gpu, Gpu))
        for index, gpu in enumerate(values.get("gpus", ()))
    )
    for field in ("images", "tmpfs", "log_drivers"):
        for text in values.get(field, ()):
            require(isinstance(text, str), f"policy.{field}", "hold texts", text)
    return Policy(**values)


def _checked_keys(path: str, found: object, kind: type) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise refusal(path, "be an object", found)
    known = {field.name: field for field in fields(kind)}
    for key in found:
        hint = f"it knows {', '.join(known)}."
        require(key in known, f"{path}.{key}", "be a field of the policy", key, hint)
    for name, field in known.items():
        needed = repr(field.default).startswith("<dataclasses._MISSING")
        require(name in found or not needed, f"{path}.{name}", "be given", None)
    return dict(found)


def load_policy(file: Path) -> Policy:
    """The policy in a JSON file."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refusal("policy", "be a readable JSON file", str(file), str(error)) from error
    return read_policy(found)
