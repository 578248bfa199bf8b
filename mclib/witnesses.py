"""Who is told of each run of this process that begins: a report in the making, say."""

from collections.abc import Callable
from typing import Any

Witness = Callable[[Any], None]

_witnesses: list[Witness] = []


def call(witness: Witness) -> None:
    """Tell `witness` of every run from now on, just before its first trial."""
    _witnesses.append(witness)


def dismiss(witness: Witness) -> None:
    """Tell it no more."""
    _witnesses.remove(witness)


def tell(run: Any) -> None:
    """A run begins; witnesses keep it and look at it when it has ended."""
    for witness in _witnesses:
        witness(run)
