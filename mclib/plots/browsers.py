"""The Chromium of this machine, which draws without being seen and asks nobody."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

from mclib.errors import MclibError

VARIABLE = "MCLIB_CHROMIUM"
"""Names a Chromium that isn't on PATH."""

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # A container has little of that memory.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
)
_SECONDS = 300


def browse(what: str, way_out: str, arguments: Sequence[str]) -> str:
    """Open a page in a browser with a profile of its own; what it says in the end.

    Parameters
    ----------
    what : str
        What has to be drawn, for who has no browser: ``"a picture"``.
    way_out : str
        What else can be done.
    arguments : sequence of str
        What to do, and the page's address at the end.

    Raises
    ------
    MclibError
        If there is no Chromium, or it doesn't end.
    """
    named = [each for each in (os.environ.get(VARIABLE),) if each]
    names = (*named, *_BROWSERS)
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        message = (
            f"{what} must be drawn by Chromium; none is on PATH, and `{VARIABLE}` names "
            f"none.\nhint: {way_out}"
        )
        raise MclibError(message)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [program, *_FLAGS, f"--user-data-dir={folder}", *arguments]
        try:
            return subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_SECONDS
            ).stdout
        except subprocess.TimeoutExpired as error:
            raise MclibError(
                f"{what} must be drawn within {_SECONDS} s; Chromium is still at it."
            ) from error
