"""JupyterLab for a test: a server of its own, a notebook in it, and nobody to sign in."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat

from tests.integration.live_hub import free_port

START_WITHIN = 90.0
NAME = "test.ipynb"


@contextmanager
def running_lab(folder: Path, cells: Sequence[str], **variables: str) -> Iterator[str]:
    """Start JupyterLab on a notebook of these cells; the address that opens it."""
    home = folder / "lab"
    home.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, home / NAME)
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += ["--allow-root", "--IdentityProvider.token=", f"--ServerApp.root_dir={home}"]
    command += ["--LabApp.news_url=", "--LabApp.expose_app_in_browser=True"]
    # Whatever settings somebody has are not this test's.
    own = {
        f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=home, env=os.environ | own | variables, stdout=log, stderr=log
        )
        try:
            url = f"http://localhost:{port}"
            _wait_until_it_answers(f"{url}/api/status", server)
            yield f"{url}/lab/tree/{NAME}"
        finally:
            server.terminate()
            server.wait(30)


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        assert server.poll() is None, "JupyterLab ended before it began"
        assert time.monotonic() < until, "JupyterLab takes too long to start"
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
