"""The shell doors: what they start, and one line where Docker is missing."""

import itertools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT

DOORS = {
    "status": ["status", "production"],
    "doctor": ["doctor", "production"],
    "backup": ["backup", "production"],
    "restore": ["restore", "production"],
    "deploy-staging": ["deploy", "staging", "--build"],
    "deploy-production": ["deploy", "production"],
    "graceful-rollback": ["rollback", "production"],
    "rollback-staging": ["rollback", "staging"],
    "emergency-rollback": ["emergency-rollback", "production"],
}

# Answers as Docker would, and writes down what it is asked.
DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >>"$DOCKER_LOG"
[ "$1" = run ] && exit 5
exit 0
"""


def _call(
    door: str, *words: str, folder: Path, **variables: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    folder.joinpath("docker").write_text(DOCKER)
    folder.joinpath("docker").chmod(0o755)
    log = folder / "log"
    ended = subprocess.run(
        [ROOT / "deploy" / f"{door}.sh", *words],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": str(folder),
            "DOCKER_LOG": str(log),
            "MCHUB_STATE": str(folder / "state"),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ended, log.read_text().splitlines() if log.exists() else []


@pytest.mark.docker
@pytest.mark.parametrize("door", DOORS)
def test_a_door_starts_the_deployer_and_ends_with_its_status(
    door: str, tmp_path: Path
) -> None:
    ended, asked = _call(door, "--dry-run", folder=tmp_path)

    started = asked[-1].split()
    assert ended.returncode == 5
    assert started[:2] == ["run", "--rm"]
    module = started.index("deploy.deployer")
    assert started[module + 1 :] == [*DOORS[door], "--dry-run"]
    assert "--cap-drop=ALL" in started
    assert "--privileged" not in started
    assert f"{ROOT}:{ROOT}:ro" in started
    assert f"{tmp_path}/state:{tmp_path}/state" in started


@pytest.mark.docker
def test_variables_of_the_platform_are_handed_on_and_no_others(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.touch()

    _, asked = _call(
        "doctor",
        "staging",
        folder=tmp_path,
        MC_OVERLAYS="a.yaml",
        MCHUB_SITE=str(site),
        OTHER="x",
    )

    started = asked[-1].split()
    given = [word for before, word in itertools.pairwise(started) if before == "--env"]
    assert {"MC_OVERLAYS", "MCHUB_SITE"} <= set(given)
    assert not [word for word in given if word.startswith("OTHER")]
    assert f"{site}:{site}:ro" in started
    assert started[-2:] == ["doctor", "staging"]


def test_without_docker_one_line_says_so(tmp_path: Path) -> None:
    needed = ("bash", "sed", "dirname", "env")
    for name in needed:
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)

    ended = subprocess.run(
        [ROOT / "deploy" / "doctor.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == "deployer: Docker is not installed here: install it.\n"
