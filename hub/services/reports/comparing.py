"""Two versions of a report side by side: what differs, and by how many standard errors.

The difference of two independent estimates has the standard error √(s₁² + s₂²); `z` is the
difference in these. Beyond `MOST_Z` chance explains one difference in 370.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel

from hub.services.reports.made import Estimated, Made, Number

__all__ = ["MOST_Z", "Apart", "Comparison", "Difference", "compared"]

MOST_Z: Final = 3.0
"""Standard errors beyond which a difference is more than chance explains."""

_BY_CHANCE: Final = math.erfc(MOST_Z / math.sqrt(2))
_COMPUTED: Final = (
    "seed",
    "n_trials",
    "model_hash",
    "sampler",
    "engine",
    "device",
    "precision",
)

Verdict = Literal["same", "chance", "more", "unknown", "one"]


class Difference(BaseModel):
    """Something that differs; none where one of the versions hasn't got it."""

    name: str
    first: str | int | float | bool | None
    second: str | int | float | bool | None


class Apart(BaseModel):
    """An estimate in both versions.

    `verdict` is ``same`` to the last bit, ``chance`` where the two standard errors explain
    the difference, ``more`` where they don't, ``unknown`` where a number isn't finite, and
    ``one`` where one version alone has the estimate.
    """

    name: str
    first: Number | None
    first_standard_error: Number | None
    second: Number | None
    second_standard_error: Number | None
    difference: float | None = None
    standard_error: float | None = None
    z: float | None = None
    verdict: Verdict


class Comparison(BaseModel):
    """Two versions of a report, side by side."""

    report: int
    first: int
    second: int
    parameters: list[Difference]
    computed: list[Difference]
    data: list[Difference]
    made_with: list[Difference]
    estimates: list[Apart]
    shares_draws: bool
    n_more: int
    expected_by_chance: float


def compared(report: int, first: tuple[int, Made], second: tuple[int, Made]) -> Comparison:
    """What differs between two versions.

    Parameters
    ----------
    report : int
        Whose versions they are.
    first, second : tuple of int and Made
        Number of a version, and what it says of itself.
    """
    one, other = first[1], second[1]
    estimates = list(_estimates(one, other))
    counted = [each for each in estimates if each.z is not None]
    seeds = [{each.provenance.seed for each in made.runs} for made in (one, other)]
    return Comparison(
        report=report,
        first=first[0],
        second=second[0],
        parameters=_different(_parameters(one), _parameters(other)),
        computed=_different(_computed(one), _computed(other)),
        data=_different(_data(one), _data(other)),
        made_with=_different(_made_with(one), _made_with(other)),
        estimates=estimates,
        shares_draws=bool(seeds[0] & seeds[1]),
        n_more=sum(each.verdict == "more" for each in estimates),
        expected_by_chance=_BY_CHANCE * len(counted),
    )


def _parameters(made: Made) -> dict[str, Any]:
    return {each.name: each.now for each in made.parameters or ()}


def _computed(made: Made) -> dict[str, Any]:
    """By the place of a run: what both must have to be the same run."""
    return {
        f"run {at} ({each.provenance.model_name}), {name.replace('_', ' ')}": getattr(
            each.provenance, name
        )
        for at, each in enumerate(made.runs, 1)
        for name in _COMPUTED
    }


def _data(made: Made) -> dict[str, Any]:
    return {each.name: each.sha256 for each in made.files_read}


def _made_with(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = dict(made.versions)
    if made.source_sha256:
        found["notebook"] = made.source_sha256
    wanted = ("profile", "image", "image_digest")
    return found | {name: made.facts[name] for name in wanted if name in made.facts}


def _different(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    names = dict.fromkeys((*one, *other))
    found = ((name, one.get(name), other.get(name)) for name in names)
    return [
        Difference(name=name, first=left, second=right)
        for name, left, right in found
        if left != right or type(left) is not type(right)
    ]


def _estimates(one: Made, other: Made) -> Iterator[Apart]:
    left, right = ({each.name: each for each in made.estimates} for made in (one, other))
    for name in dict.fromkeys((*left, *right)):
        yield _apart(name, left.get(name), right.get(name))


def _apart(name: str, one: Estimated | None, other: Estimated | None) -> Apart:
    told: dict[str, Any] = {
        "name": name,
        "first": one and one.value,
        "first_standard_error": one and one.standard_error,
        "second": other and other.value,
        "second_standard_error": other and other.standard_error,
    }
    if one is None or other is None:
        return Apart(**told, verdict="one")
    is_same = (one.value, one.standard_error) == (other.value, other.standard_error)
    if one.numbers is None or other.numbers is None:
        return Apart(**told, verdict="same" if is_same else "unknown")
    difference = other.numbers[0] - one.numbers[0]
    error = math.hypot(one.numbers[1], other.numbers[1])
    told |= {"difference": difference, "standard_error": error}
    z = difference / error if error else (0.0 if difference == 0 else None)
    if is_same:
        return Apart(**told, z=z, verdict="same")
    # Numbers without an error of their own differ by what they differ.
    is_more = z is None or abs(z) > MOST_Z
    return Apart(**told, z=z, verdict="more" if is_more else "chance")
