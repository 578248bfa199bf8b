"""What the images hold is written down, and what must not be in them is found."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT
from tests.images.containers import LABEL, docker, name_of

pytestmark = pytest.mark.docker

# Spelled apart, so that no search finds this file.
KEY = "-----BEGIN RSA PRIVATE" + " KEY-----"


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "kernel-image" / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bills")
    written = _run("sbom.py", "--to", str(folder))
    assert 0 == written.returncode, written.stderr
    return folder


def _listed(file: Path) -> set[str]:
    return {part["purl"] for part in json.loads(file.read_text())["components"]}


@pytest.mark.parametrize(
    ("name", "lock"),
    [
        ("kernel-cpu", "kernel-image/requirements.lock"),
        ("kernel-gpu", "kernel-image/requirements-gpu.lock"),
        ("hub", "deploy/images/hub/requirements.lock"),
    ],
)
def test_a_bill_lists_the_locked_packages_and_pip(
    bills: Path, name: str, lock: str
) -> None:
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    python = {each for each in _listed(bills / f"{name}.cdx.json") if "pypi" in each}

    # For other systems and Pythons a lock holds packages that the image leaves out.
    locked = {(canonicalize_name(package), version) for package, version in pins}
    found = {tuple(each.removeprefix("pkg:pypi/").split("@")) for each in python}
    listed = {(canonicalize_name(package), version) for package, version in found}
    unlocked = {each for each in listed - locked if each[0] not in ("pip", "mchub")}
    assert set() == unlocked
    assert len(python) > 50


def test_a_bill_lists_debians_and_nodes_packages(bills: Path) -> None:
    listed = _listed(bills / "proxy.cdx.json")

    kinds = {each.split("/")[0] for each in listed}
    assert {"pkg:deb", "pkg:npm"} <= kinds
    assert any(each.startswith("pkg:npm/configurable-http-proxy@") for each in listed)
    assert any(each.startswith("pkg:deb/debian/tini@") for each in listed)


@pytest.fixture(scope="module")
def image_with_a_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, name = tmp_path_factory.mktemp("leaking"), f"mchub-test:{uuid.uuid4().hex[:8]}"
    (folder / "key").write_text(KEY + "\n")
    (folder / "Dockerfile").write_text(
        f"FROM {name_of('proxy')}\nLABEL {LABEL}\nCOPY key /opt/mchub/key\n"
    )
    docker("build", "--quiet", "--tag", name, str(folder))
    yield name
    docker("image", "rm", name)


def test_a_key_in_an_image_is_found(image_with_a_key: str) -> None:
    scanned = _run("scan.py", "--only", "secrets", image_with_a_key)

    assert 1 == scanned.returncode
    assert f"{image_with_a_key}: Private Key in opt/mchub/key, line 1" in scanned.stdout


@pytest.mark.parametrize("kind", ["proxy", "hub", "cpu", "gpu"])
def test_our_images_hold_no_secret(kind: str) -> None:
    scanned = _run("scan.py", "--only", "secrets", name_of(kind))

    assert "scan: secrets: none in 1 images\n" == scanned.stdout


def test_a_search_that_could_not_be_made_is_not_called_clean() -> None:
    # Nobody listens here, so that no index answers.
    away = "http://127.0.0.1:9"
    search = ("--only", "weak-python-packages", "--require-databases", name_of("hub"))
    command = [sys.executable, str(ROOT / "kernel-image" / "scan.py"), *search]

    scanned = subprocess.run(
        command,
        env={"HTTPS_PROXY": away, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 3 == scanned.returncode, scanned.stderr
    assert "weak-python-packages: NOT LOOKED UP" in scanned.stdout
