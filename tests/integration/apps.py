"""A notebook as an app, for a test: Voila on loopback with the project's own settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import nbformat
import psutil

from tests.architecture.checkout import ROOT
from tests.integration.live_hub import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

START_WITHIN = 90.0
DASHBOARDS = ROOT / "notebooks" / "dashboards"
AXE = Path(sys.prefix, "lib", "axe", "node_modules", "axe-core", "axe.min.js")
# Levels A and AA of WCAG 2.0, 2.1 and 2.2.
LAWS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class App:
    """Voila and its kernels."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self.url, self._process = url, process

    def kernels(self) -> list[psutil.Process]:
        """Processes of the kernels that run."""
        below = self._process.children(recursive=True)
        return [each for each in below if "ipykernel_launcher" in " ".join(each.cmdline())]


@contextmanager
def running_app(folder: Path, notebook: Path, *arguments: str) -> Iterator[App]:
    """Serve a notebook as the kernel image would, but without a hub before it."""
    port = free_port()
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser"]
    command += [f"--port={port}", "--Voila.ip=127.0.0.1", *arguments]
    settings = str(ROOT / "hub" / "jupyter")
    own = {"JUPYTER_CONFIG_PATH": settings, "JUPYTER_PATH": settings}
    # Whatever settings somebody has are not this test's.
    own |= {
        f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    with (folder / f"voila-{port}.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | own, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_until_it_answers(f"{url}voila/static/voila.js", server)
            yield App(url, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait(30)


def written_notebook(path: Path, cells: Sequence[str], title: str = "Test") -> Path:
    """Write a notebook of these cells of code."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "title": title,
        },
    )
    nbformat.write(notebook, path)
    return path


def barriers(page: "Page", *, inside: str = "html") -> list[tuple[str, Any]]:
    """What axe-core finds wrong with a page: the law, and where it is broken."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate(
        "([inside, tags]) => axe.run(inside, { runOnly: { type: 'tag', values: tags } })",
        [inside, LAWS],
    )
    assert found["passes"]
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"][:4]])
        for each in found["violations"]
    ]


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        assert server.poll() is None, "Voila ended before it began"
        assert time.monotonic() < until, "Voila takes too long to start"
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
