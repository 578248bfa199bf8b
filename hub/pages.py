"""The hub's own pages, where JupyterHub's say too little."""

from pathlib import Path

from traitlets.config import Config

__all__ = ["apply_pages"]


def apply_pages(c: Config) -> None:
    """Take the templates of this folder before JupyterHub's of the same name."""
    c.JupyterHub.template_paths = [str(Path(__file__).parent / "templates")]
