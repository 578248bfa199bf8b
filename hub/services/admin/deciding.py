"""Budgets decided: more hours for a user, a budget of their own, or the groups' again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from fastapi.concurrency import run_in_threadpool

from hub import quotas
from hub.laws import SettingsError
from hub.services.admin.desk import Desk, Person

__all__ = ["KINDS", "Wish", "decide", "wish_from"]

Kind = Literal["grant", "override", "withdraw"]

KINDS: Final[Mapping[str, str]] = {
    "grant": "more, for one period",
    "override": "a budget of their own (empty: no limit)",
    "withdraw": "the groups’ again",
}
_LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What shall hold for a user; no hours are none with `grant`, else no limit."""

    user: str
    kind: str
    gpu_hours: float | None = None
    cpu_hours: float | None = None
    why: str = ""


def wish_from(form: Mapping[str, object]) -> Wish:
    """What a form asks for.

    Raises
    ------
    ValueError
        If its hours are no numbers.
    """
    return Wish(
        user=str(form.get("user", "")),
        kind=str(form.get("kind", "")),
        gpu_hours=_hours(form, "gpu_hours"),
        cpu_hours=_hours(form, "cpu_hours"),
        why=str(form.get("why", "")).strip(),
    )


def _hours(form: Mapping[str, object], field: str) -> float | None:
    text = str(form.get(field, "")).strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        message = f"`{field}` must be a number of hours; got {text!r}."
        raise ValueError(message) from error


async def decide(desk: Desk, person: Person, wish: Wish) -> quotas.Decision:
    """Let `wish` hold from now on.

    Raises
    ------
    ValueError
        If it breaks a law, or the user is nobody.
    """
    _require(wish)
    if await person.hub.user(wish.user) is None:
        message = f"`user` must be a user of the hub; got {wish.user!r}."
        raise ValueError(message)
    decision = await run_in_threadpool(_decided, desk, person.name, wish)
    hours = {"gpu_hours": decision.gpu_hours, "cpu_hours": decision.cpu_hours}
    detail = hours | {"why": decision.why}
    await desk.note(person, f"budget.{wish.kind}", wish.user, detail=detail)
    return decision


def _require(wish: Wish) -> None:
    given = (wish.gpu_hours, wish.cpu_hours)
    for field, hours in zip(("gpu_hours", "cpu_hours"), given, strict=True):
        if hours is not None and not 0 <= hours < float("inf"):
            message = f"`{field}` must be a number of hours from 0 on; got {hours:g}."
            raise ValueError(message)
    if wish.kind not in KINDS:
        message = f"`kind` must be grant, override or withdraw; got {wish.kind!r}."
        raise ValueError(message)
    if wish.kind == "grant" and not any(given):
        message = "A grant must be of GPU hours or CPU hours; got none of either."
        raise ValueError(message)
    if not 0 < len(wish.why) <= _LONGEST:
        got = f"{len(wish.why)} characters"
        message = f"`why` must have 1 to {_LONGEST} characters; got {got}."
        raise ValueError(message)


def _decided(desk: Desk, by: str, wish: Wish) -> quotas.Decision:
    try:
        if wish.kind == "grant":
            return quotas.grant(
                desk.engine,
                wish.user,
                gpu_hours=wish.gpu_hours or 0.0,
                cpu_hours=wish.cpu_hours or 0.0,
                by=by,
                why=wish.why,
            )
        if wish.kind == "override":
            return quotas.override(
                desk.engine,
                wish.user,
                gpu_hours=wish.gpu_hours,
                cpu_hours=wish.cpu_hours,
                by=by,
                why=wish.why,
            )
        return quotas.withdraw(desk.engine, wish.user, by=by, why=wish.why)
    except SettingsError as error:
        raise ValueError(str(error)) from error
