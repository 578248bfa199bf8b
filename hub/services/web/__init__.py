"""What services with pages share: signing in, sessions, protection, the hub's API."""

from pathlib import Path
from typing import Final

__all__ = ["STATIC"]

STATIC: Final = Path(__file__).parent / "static"
"""Folder of the look of all pages, and of their comforts."""
