"""What a version says of itself, in its ``report.json``.

A server of its owner's wrote that file, so nothing in it is believed to be well formed:
what isn't is as if it were not there.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.services.reports.desk import ReportsDesk
from hub.services.reports.library import Version

__all__ = ["Declared", "Estimated", "Made", "made_of", "made_of_bytes"]

Value = bool | int | float | str
Number = float | str

_REPORT: Final = "report.json"


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Declared(_Told):
    """A parameter as the notebook declares it, and what this version was run with."""

    name: str
    type: str = Field(pattern="^(bool|int|float|str)$")
    default: Value
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] | None = None
    value: Value | None = None

    @property
    def now(self) -> Value:
        """What this version was run with."""
        return self.default if self.value is None else self.value


class Computed(_Told):
    """What computed a run's numbers."""

    model_name: str
    seed: int
    n_trials: int
    model_hash: str
    sampler: str = ""
    engine: str = ""
    device: str = ""
    precision: str = ""


class Run(_Told):
    """A run of a model, in the order in which the notebook had them."""

    provenance: Computed


class Estimated(_Told):
    """An estimate; a number that isn't finite is a text, as JSON has no word for it."""

    result: str
    output: str
    kind: str
    value: Number
    standard_error: Number
    n_trials: int = 0
    shown: str = ""

    @property
    def name(self) -> str:
        """What both of two versions call it."""
        return f"{self.result}: {self.output}, {self.kind}"

    @property
    def numbers(self) -> tuple[float, float] | None:
        """Value and standard error, where both are finite."""
        found = self.value, self.standard_error
        if any(isinstance(one, str) or not math.isfinite(one) for one in found):
            return None
        return float(found[0]), float(found[1])


class ReadFile(_Told):
    """A file that the notebook read."""

    name: str
    sha256: str


class Made(_Told):
    """What is known of how a version was made."""

    rerun: bool = True
    # None where a page of an older release, or a foreign one, doesn't tell.
    parameters: tuple[Declared, ...] | None = None
    runs: tuple[Run, ...] = ()
    estimates: tuple[Estimated, ...] = ()
    files_read: tuple[ReadFile, ...] = ()
    versions: Mapping[str, str] = {}
    facts: Mapping[str, str] = {}
    source_sha256: str = ""


def made_of_bytes(content: bytes) -> Made:
    """What a ``report.json`` says.

    Examples
    --------
    >>> made_of_bytes(b'{"versions": {"mclib": "0.4"}}').versions
    {'mclib': '0.4'}
    >>> made_of_bytes(b'{"runs": 3}') == Made()
    True
    """
    try:
        return Made.model_validate_json(content)
    except ValidationError:
        return Made()


async def made_of(desk: ReportsDesk, version: Version) -> Made:
    """What the ``report.json`` of a version says."""

    def read() -> Made:
        digest: Any = version.files.get(_REPORT)
        return Made() if digest is None else made_of_bytes(desk.store.get(digest))

    return await run_in_threadpool(read)
