"""Start an analyst's server in its container: first the notebooks, then the server.

Of the hub the image carries `hub.notebook_copies`, for this, and `hub.in_server`, for the
server itself; nothing else.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Final

from hub.in_server.run_names import run_of
from hub.notebook_copies import copy_notebooks

__all__ = ["main"]

NOTEBOOKS: Final = Path(__file__).resolve().parent.parent / "notebooks"
RECORD: Final = Path(".local", "state", "mchub", "notebooks.json")

_log = logging.getLogger("start-server")


def main(arguments: list[str]) -> None:
    """Bring the notebooks in the home folder up to date and become the server.

    That is JupyterLab, the app that ``MCHUB_APP`` names, or the run of a report.

    Parameters
    ----------
    arguments : list of str
        Passed on to ``jupyterhub-singleuser``.
    """
    logging.basicConfig(format="%(name)s: %(message)s")
    home = Path.home()
    try:
        copy_notebooks(NOTEBOOKS, home / "notebooks", home / RECORD)
    except OSError as error:
        # On a full disk the server is what its user needs, to delete something.
        _log.warning("the notebooks could not be brought up to date: %s", error)
    os.chdir(home)
    # `-s`: what the user installed with pip is for the user's kernels; a version that
    # breaks the server would lock its owner out.
    server = ["jupyterhub.singleuser", *arguments]
    if app := os.environ.get("MCHUB_APP"):
        server = ["hub.in_server.app", app]
    elif run_of(os.environ.get("JUPYTERHUB_SERVER_NAME", "")):
        server = ["hub.in_server.report_server"]
    os.execv(sys.executable, [sys.executable, "-s", "-m", *server])


if __name__ == "__main__":
    main(sys.argv[1:])
