"""The set-up does nothing twice, notices what changed, and goes where pip goes."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.checkout import ROOT

INPUTS = ("pyproject.toml", "requirements.lock")
MIRROR = "https://mirror.example/simple"


def _checkout(folder: Path) -> tuple[Path, dict[str, Any]]:
    """What set-up reads, copied, and the set-up's own functions there."""
    for name in INPUTS:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    for name in ("login_provider", "axe"):
        tool = Path("tests", "tools", name)
        shutil.copytree(ROOT / tool, folder / tool)
    return folder, runpy.run_path(str(folder / "deploy" / "bootstrap.py"))


def _run(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "deploy" / "bootstrap.py")],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_finished_set_up_is_left_alone(tmp_path: Path) -> None:
    checkout, bootstrap = _checkout(tmp_path)
    target = bootstrap["TARGETS"]["default"]
    state = {**bootstrap["interpreter"](), "inputs": bootstrap["fingerprint"](target)}
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "mchub-setup.json").write_text(json.dumps(state))

    outcome = _run(checkout)

    assert (0, "", "") == (outcome.returncode, outcome.stdout, outcome.stderr)
    assert ["mchub-setup.json"] == [path.name for path in (checkout / ".venv").iterdir()]


@pytest.mark.parametrize(
    "name",
    [
        *INPUTS,
        "deploy/proxy/package-lock.json",
        "tests/tools/login_provider/package-lock.json",
        "tests/tools/axe/package-lock.json",
    ],
)
def test_a_change_of_what_decides_is_noticed(name: str, tmp_path: Path) -> None:
    checkout, bootstrap = _checkout(tmp_path)
    before = bootstrap["fingerprint"](bootstrap["TARGETS"]["default"])

    with (checkout / name).open("a") as changed:
        changed.write("\n")

    assert before != bootstrap["fingerprint"](bootstrap["TARGETS"]["default"])


def test_a_spoiled_state_means_beginning_again(tmp_path: Path) -> None:
    _, bootstrap = _checkout(tmp_path)
    (tmp_path / "mchub-setup.json").write_text("{half a")

    assert {} == bootstrap["read_state"](tmp_path)


def test_a_package_is_installed_by_its_own_lines_of_the_lock() -> None:
    bootstrap = runpy.run_path(str(ROOT / "deploy" / "bootstrap.py"))

    lines = bootstrap["pinned"](ROOT / "requirements.lock", "uv").splitlines()

    assert lines[0].startswith("uv==")
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


def test_the_mirror_and_the_certificate_of_pip_hold_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bootstrap = runpy.run_path(str(ROOT / "deploy" / "bootstrap.py"))
    monkeypatch.setenv("PIP_INDEX_URL", MIRROR)
    monkeypatch.setenv("PIP_CERT", "company.pem")
    for variable in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(variable, raising=False)

    env = bootstrap["tool_environment"](Path(sys.prefix))

    assert MIRROR == env["UV_DEFAULT_INDEX"]
    assert "company.pem" == env["SSL_CERT_FILE"] == env["NODE_EXTRA_CA_CERTS"]
