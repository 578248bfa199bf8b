"""What is needed to get the same numbers again."""

import dataclasses
import functools
import math
import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

_DISTRIBUTIONS = {"mclib": "mchub", "numpy": "numpy", "llvmlite": "llvmlite"}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the numbers of a run come from; nothing in it names a machine or a person.

    Attributes
    ----------
    seed : int
        The user's seed, or the one that was drawn for them.
    n_trials : int
        Trials done.
    model_name : str
        Name of the model's function.
    model_hash : str
        Hash of the traced model: the same for the same formulas and distributions.
    source_hash : str or None
        Hash of the function's source text, where it could be read.
    parameters : mapping of str to float
        The model's parameters.
    engine, device, precision, sampler : str
        What computed, on what, in which floats, and how trials were placed.
    draw_contract : int
        Version of the rule that turns a seed into draws.
    versions : mapping of str to str
        Of mclib, Python, NumPy and llvmlite.
    started : datetime
        When the run began, in UTC.
    elapsed : timedelta
        How long it took.
    interrupted : bool
        Whether it was stopped before all trials that were asked for.
    """

    seed: int
    n_trials: int
    model_name: str
    model_hash: str
    source_hash: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    engine: str
    device: str
    precision: str
    sampler: str
    draw_contract: int
    versions: Mapping[str, str]
    started: datetime
    elapsed: timedelta
    interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it in the terms of JSON; `from_dict` gives exactly the same back."""
        plain = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        plain["parameters"] = {
            name: _to_json(value) for name, value in self.parameters.items()
        }
        plain["versions"] = dict(self.versions)
        plain["started"] = self.started.isoformat()
        plain["elapsed"] = self.elapsed / timedelta(microseconds=1)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Provenance":
        """Return what `as_dict` was made from."""
        parameters = {
            name: _from_json(value) for name, value in plain["parameters"].items()
        }
        return cls(
            **{
                **plain,
                "parameters": parameters,
                "started": datetime.fromisoformat(plain["started"]),
                "elapsed": timedelta(microseconds=plain["elapsed"]),
            }
        )


def _to_json(value: float) -> float | str:
    # JSON has no word for what isn't finite.
    return value if math.isfinite(value) else str(value)


def _from_json(value: float | str) -> float:
    return float(value) if isinstance(value, str) else value


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of what computes, as they were installed."""
    # It parses mail headers, and `import mclib` must be light.
    from importlib import metadata

    found = {"python": platform.python_version()}
    for name, distribution in _DISTRIBUTIONS.items():
        try:
            found[name] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


class Repeatable(ABC):
    """What says of itself, shortly, where its numbers come from."""

    @property
    @abstractmethod
    def provenance(self) -> Provenance:
        """What is needed to get the same numbers again."""

    @property
    def seed(self) -> int:
        """The seed, given or drawn."""
        return self.provenance.seed

    @property
    def engine(self) -> str:
        """What computed the trials."""
        return self.provenance.engine

    @property
    def precision(self) -> str:
        """In which floats."""
        return self.provenance.precision

    @property
    def parameters(self) -> dict[str, float]:
        """The model's parameters."""
        return dict(self.provenance.parameters)

    @property
    def elapsed(self) -> timedelta:
        """How long the run took."""
        return self.provenance.elapsed

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before all trials that were asked for."""
        return self.provenance.interrupted
