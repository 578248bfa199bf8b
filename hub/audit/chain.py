"""What is recorded, and how each record holds the one before it.

A record's hash is the SHA-256 of its own fields and of the hash before it. Who changes,
removes or swaps a record must change every one behind it, and the hash that somebody noted
elsewhere gives even that away.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

__all__ = ["GENESIS", "Event", "Record", "first_broken", "link"]

Outcome = Literal["ok", "refused", "failed"]

GENESIS: Final = "0" * 64
"""What the first record has as the hash before it."""

RETENTION: Final = "audit.retention"
"""Action of the record that signs for the ones removed before it."""

_LONGEST: Final = 500


@dataclass(frozen=True, kw_only=True)
class Event:
    """Who did what, to what, from where, and how it ended.

    Parameters
    ----------
    actor : str
        User or service; empty if nobody had signed in.
    action : str
        What was done, as in ``server.start``.
    target : str
        To what it was done, as in ``ada/`` for a server of ada's.
    outcome : {"ok", "refused", "failed"}
        A refusal is a decision, a failure is not.
    source : str
        Address it came from; empty for the platform itself.
    detail : mapping
        Anything else, of JSON's types; never a secret.
    at : datetime
        When; now if not given.
    """

    actor: str
    action: str
    target: str = ""
    outcome: Outcome = "ok"
    source: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, kw_only=True)
class Record:
    """An event in its place in the chain."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    outcome: str
    source: str
    detail: str
    previous: str
    hash: str

    def digest(self) -> str:
        """The hash that this record must have."""
        fields = asdict(self) | {"at": self.at.astimezone(UTC).isoformat()}
        del fields["hash"]
        return hashlib.sha256(canonical(fields).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in the one spelling that is hashed.

    Examples
    --------
    >>> canonical({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def link(event: Event, last_id: int, last_hash: str) -> Record:
    """The record of `event` behind the one with `last_id` and `last_hash`."""
    fields: dict[str, Any] = {
        "id": last_id + 1,
        "at": event.at.astimezone(UTC),
        "actor": _storable(event.actor),
        "action": _storable(event.action),
        "target": _storable(event.target),
        "outcome": event.outcome,
        "source": _storable(event.source),
        "detail": canonical(dict(event.detail)),
        "previous": last_hash,
    }
    unsealed = Record(**fields, hash="")
    return Record(**fields, hash=unsealed.digest())


def _storable(text: str) -> str:
    # PostgreSQL stores neither; what was sent is still told from what was not.
    text = text.replace("\0", "�").encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def first_broken(records: Iterable[Record]) -> Record | None:
    """The first record that is not what it was, or stands where it did not.

    Records come by id. A chain may begin after removed records, if one of those that are
    left signs for the last removed; that one can be anywhere behind.
    """
    opening: Record | None = None
    signed: set[tuple[int, str]] = {(0, GENESIS)}
    before: Record | None = None
    for record in records:
        if record.hash != record.digest():
            return record
        if before is None:
            opening = record
        elif (record.id, record.previous) != (before.id + 1, before.hash):
            return record
        if record.action == RETENTION:
            removed = json.loads(record.detail)
            signed.add((int(removed["through"]), str(removed["hash"])))
        before = record
    if opening is not None and (opening.id - 1, opening.previous) not in signed:
        return opening
    return None
