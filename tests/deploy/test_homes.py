"""Homes archived with a real Docker: whole, or not at all."""

import secrets
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.deployer.commands import Failed
from deploy.deployer.homes import archive_home, remove_home
from hub import load
from hub.containers import volume_name

pytestmark = pytest.mark.docker

IMAGE = "mchub/base:0.1.0"
SETTINGS = replace(load("rehearsal", {}), name=f"mct{secrets.token_hex(3)}")
VOLUME = volume_name(SETTINGS, "ada")


def docker(*words: str, stdin: str = "") -> str:
    ran = subprocess.run(
        ["docker", *words], input=stdin, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise Failed(ran.stderr)
    return ran.stdout


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    """Ada's home, with a file that only its owner may read."""
    docker("volume", "create", VOLUME)
    writes = "echo model > /mnt/model.txt && chmod 000 /mnt/model.txt"
    words = ("run", "--rm", "--network=none", "--volume", f"{VOLUME}:/mnt", IMAGE)
    docker(*words, "sh", "-c", writes)
    yield
    docker("volume", "rm", "--force", VOLUME)


def test_an_archive_holds_what_nobody_else_may_read(tmp_path: Path) -> None:
    archived = archive_home(docker, SETTINGS, "ada", tmp_path, IMAGE)

    assert [archived.file] == list(tmp_path.iterdir())
    assert archived.n_entries == 2
    with tarfile.open(archived.file) as archive:
        kept = archive.extractfile("./model.txt")
        assert kept is not None
        assert kept.read() == b"model\n"
    remove_home(docker, SETTINGS, "ada")
    with pytest.raises(Failed, match="`USER` must have a home"):
        remove_home(docker, SETTINGS, "ada")


def test_an_archive_that_cannot_be_read_again_is_none(tmp_path: Path) -> None:
    # A disk that spoils what is written: tar succeeds, and half of the file is gone.
    spoiling = (
        "FROM mchub/base:0.1.0\n"
        "RUN mv /usr/bin/tar /usr/bin/good-tar && printf '%s\\n' '#!/bin/sh' "
        "'good-tar \"$@\" || exit' "
        "'case $1 in --create) truncate -s 60 /archives/*.part ;; esac' > /usr/bin/tar "
        "&& chmod 755 /usr/bin/tar\n"
    )
    image = f"{SETTINGS.name}:spoils"
    docker("build", "--network=none", "--tag", image, "-", stdin=spoiling)
    try:
        with pytest.raises(Failed, match="unexpected end of file"):
            archive_home(docker, SETTINGS, "ada", tmp_path, image)
    finally:
        docker("image", "rm", image)

    assert list(tmp_path.iterdir()) == []
