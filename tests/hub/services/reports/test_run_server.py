"""The server of a run: it answers the hub, shows nothing, and ends with its run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hub.services.reports.desk import ReportsDesk
from tests.architecture.checkout import ROOT
from tests.hub.services.reports.asking import begin, publish
from tests.hub.services.reports.test_checks import notebook_of
from tests.integration.brisk_hub import until
from tests.integration.live_hub import free_port

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

PREFIX = "/user/ada/report-1-1/"


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """Where the notebook's process writes down which it is."""
    return tmp_path / "kernel"


@pytest.fixture
def running(
    desk: ReportsDesk, address: str, kernel: Path, tmp_path: Path
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """The server of a run that takes long, and its address."""
    source = (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(kernel)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    publish(desk, "ada", notebook=notebook_of(source))
    begin(desk)
    url = f"http://127.0.0.1:{free_port()}{PREFIX}"
    variables = {
        "HOME": str(tmp_path),
        "JUPYTERHUB_SERVER_NAME": "report-1-1",
        "JUPYTERHUB_SERVICE_URL": url,
        "JUPYTERHUB_ACTIVITY_URL": f"{address}/nowhere",
        "JUPYTERHUB_API_TOKEN": "ada/report-1-1",
        "MCHUB_REPORTS_URL": address,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "hub.in_server.report_server"]
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | variables)
    yield process, url
    process.kill()
    process.wait()


def test_it_answers_the_hub_shows_nothing_and_ends_with_its_run(
    running: tuple["subprocess.Popen[bytes]", str], kernel: Path
) -> None:
    process, url = running
    until(lambda: kernel.exists() and kernel.read_text() != "")

    answer = httpx.get(f"{url}api", trust_env=False)
    shown = [httpx.get(f"{url}{at}", trust_env=False) for at in ("", "lab", "api/kernels")]
    process.send_signal(signal.SIGTERM)

    assert (answer.status_code, "x-jupyterhub-version" in answer.headers) == (200, True)
    assert [one.status_code for one in shown] == [404] * 3
    assert process.wait(60) == 0
    until(lambda: not psutil.pid_exists(int(kernel.read_text())), 20)
