"""Which release this is, where the hub runs from a checkout and where from an image.

Where servers are containers an environment has two hubs, one that works and one that stands
by; a color tells them apart.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.laws import require

__all__ = ["COLORS", "RELEASE_VARIABLE", "color", "release"]

RELEASE_VARIABLE: Final = "MC_RELEASE"
"""Says which release is meant to a deployer, which works on several."""

COLORS: Final = ("blue", "green")
"""The two hubs of an environment."""

_PROJECT: Final = Path(__file__).resolve().parent.parent / "pyproject.toml"


def release(variables: Mapping[str, str] | None = None) -> str:
    """Version of the platform: what the variable says, or else what `pyproject.toml` says.

    Parameters
    ----------
    variables : mapping, optional
        Where `RELEASE_VARIABLE` is looked up; the process's own environment variables
        if not given.
    """
    named = (os.environ if variables is None else variables).get(RELEASE_VARIABLE, "")
    return named or _version_of_checkout()


def _version_of_checkout() -> str:
    with _PROJECT.open("rb") as file:
        version: str = tomllib.load(file)["project"]["version"]
    return version


def color() -> str:
    """Which hub of two this is, as ``MC_HUB_COLOR`` says; empty where there is one.

    Raises
    ------
    SettingsError
        If the variable names no color.
    """
    named = os.environ.get("MC_HUB_COLOR", "")
    require(not named or named in COLORS, "MC_HUB_COLOR", "be blue or green", named)
    return named
