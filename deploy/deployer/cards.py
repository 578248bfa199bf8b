"""The cards of this host: told to the parts, and shown to those that look at them.

A part in a container sees no card by itself. So the deployer asks the driver, in a
container that is given all of them, and tells the parts what it said. Parts that read a
card's state, and none that runs anything on it, are given the driver's library too.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from hub.choices import Device
from hub.storage import write_whole

__all__ = ["CARDS", "SHOWN", "cards_file", "keep_cards"]

CARDS: Final = "cards.json"
"""File in the state folder: what the driver said last."""

SHOWN: Final = "cards.yaml"
"""Compose file in the state folder, where there is a card."""

_LOOK: Final = ("exporter", "hub-blue", "hub-green", "idle-culler", "platform-api")


def cards_file(state: Path) -> Path:
    """What the driver said last; made if it is missing, and empty then."""
    file = state / CARDS
    if not file.exists():
        _write(file, "[]\n")
    return file


def keep_cards(state: Path, cards: Sequence[Device], services: Iterable[str]) -> None:
    """Keep what the driver said, for the parts and for the deployer's next run.

    Parameters
    ----------
    state : Path
        The environment's folder.
    cards : sequence of Device
        What it said; none where there is no driver.
    services : iterable of str
        Those of the environment, of which some are shown the cards.
    """
    _write(state / CARDS, f"{json.dumps([asdict(card) for card in cards])}\n")
    shown, some = state / SHOWN, sorted(set(services) & set(_LOOK))
    if cards and some:
        write_whole(shown, _overlay(some))
    else:
        shown.unlink(missing_ok=True)


def _overlay(services: Iterable[str]) -> str:
    # `gpu` finds the driver; `utility` is its library, and nothing to compute with.
    asked = "{driver: nvidia, count: all, capabilities: [gpu, utility]}"
    held = f"{{deploy: {{resources: {{reservations: {{devices: [{asked}]}}}}}}}}"
    return "".join(["services:\n", *(f"  {service}: {held}\n" for service in services)])


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        # The same file, not another in its place: running parts have it mounted.
        file.write_text(text, encoding="utf-8")
    # Nothing in it is secret, and other accounts read it.
    file.chmod(0o644)
