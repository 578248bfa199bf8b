"""Which release this is, where the hub runs from a checkout and where from an image."""

import functools
import tomllib

from hub.storage import checkout

__all__ = ["release"]


@functools.cache
def release() -> str:
    """Version of the platform: what `pyproject.toml` says, beside which the hub lies."""
    with (checkout() / "pyproject.toml").open("rb") as file:
        version: str = tomllib.load(file)["project"]["version"]
    return version
