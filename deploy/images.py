"""Build the platform's images, and say how large each is and how long it took.

`make images` calls this. What is current is built again in no time, because Docker keeps
the layers. The images stand on official ones where those can be pulled, and elsewhere on
stand-ins made from Debian's packages.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
BUILD = ("build", "--progress", "plain")
BAKE = ("buildx", "bake", "--progress", "plain", "--file", "kernel-image/docker-bake.hcl")
DEFAULT_BASE = re.compile(r"^ARG BASE=(\S+)$", re.MULTILINE)
OURS = ("hub",)
"""Images of this checkout that others of it stand on."""
STAND_INS = (
    *("base", "node", "postgres", "etcd-server", "nginx", "lego"),
    *("prometheus", "alertmanager"),
    *("blackbox-exporter", "nginx-exporter", "node-exporter", "postgres-exporter"),
    "rsyslog",
)
OFFICIAL_POSTGRES = "postgres:17-trixie"
# An index that can't be reached may not answer at all.
PULL_WITHIN_SECONDS = 300


class Image(NamedTuple):
    """What is built, by which arguments of `docker`, on which stand-in."""

    name: str
    arguments: Sequence[str]
    stand_in: str
    dockerfile: str


def images(version: str) -> list[Image]:
    """The images built from this checkout, in the order of building."""
    kernel = "kernel-image/Dockerfile"
    plain = [
        Image(
            f"mchub/{name}:{version}",
            ("build", "--progress", "plain"),
            stand_in,
            dockerfile,
        )
        for name, stand_in, dockerfile in (
            ("hub", "base", "deploy/images/hub/Dockerfile"),
            ("proxy", "node", "deploy/images/proxy/Dockerfile"),
            ("database", "postgres", "deploy/images/database/Dockerfile"),
            ("etcd", "etcd-server", "deploy/images/etcd/Dockerfile"),
            ("deployer", "hub", "deploy/images/deployer/Dockerfile"),
            ("backup", "hub", "deploy/images/backup/Dockerfile"),
            ("login", "node", "tests/tools/login_provider/Dockerfile"),
            ("object-store", "base", "tests/tools/object_store/Dockerfile"),
            ("tls-tools", "base", "tests/tools/tls/Dockerfile"),
        )
    ]
    baked = [
        Image(f"mchub/kernel:{version}-{stage}", (*BAKE, stage), "base", kernel)
        for stage in ("cpu", "gpu")
    ]
    return [*plain, *baked]


def build(image: Image, version: str, *, on_stand_ins: bool) -> None:
    """Build one image; its output is shown only if that fails."""
    base = f"mchub/{image.stand_in}:{version}"
    command, variables = ["docker", *image.arguments], dict(os.environ)
    variables |= {"DOCKER_BUILDKIT": "1", "VERSION": version}
    if image.arguments[:2] == BAKE[:2]:
        variables |= {"BASE": base} if on_stand_ins else {}
    else:
        is_ours = image.stand_in in OURS
        base_argument = ("--build-arg", f"BASE={base}") if on_stand_ins or is_ours else ()
        names = ("--file", image.dockerfile, "--tag", image.name)
        command += [*names, *base_argument, "."]
    built = subprocess.run(
        command,
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if built.returncode:
        sys.exit(f"{built.stdout}\nimages: {image.name} could not be built, see above.")


def official_bases() -> list[str]:
    """Images that ours stand on where they can be pulled."""
    files = sorted({each.dockerfile for each in images("") if each.stand_in not in OURS})
    found = {DEFAULT_BASE.findall((ROOT / file).read_text())[0] for file in files}
    return [*sorted(found), OFFICIAL_POSTGRES]


def official_can_be_had() -> bool:
    """Whether every official image is here already or can be pulled."""
    for name in official_bases():
        if image_id(name):
            continue
        print(f"images: pulling {name}", flush=True)
        try:
            command = ["docker", "pull", "--quiet", name]
            subprocess.run(
                command, check=True, capture_output=True, timeout=PULL_WITHIN_SECONDS
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            print(f"images: {name} can't be pulled from here")
            return False
    return True


def image_id(name: str) -> str:
    """Docker's id of an image, or nothing where there is none of that name."""
    return _inspected(name, "{{.Id}}")


def _inspected(name: str, form: str) -> str:
    command = ["docker", "image", "inspect", "--format", form, name]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _rows(version: str, *, on_stand_ins: bool) -> Iterator[tuple[str, ...]]:
    for image in images(version):
        before, began = image_id(image.name), time.monotonic()
        print(f"images: {image.name}", flush=True)
        build(image, version, on_stand_ins=on_stand_ins)
        seconds = time.monotonic() - began
        state = "unchanged" if image_id(image.name) == before else "built"
        yield image.name, _size(image.name), f"{seconds:.0f} s", state


def _size(name: str) -> str:
    return f"{int(_inspected(name, '{{.Size}}')) / 1e6:.0f} MB"


def _prepare_bases(version: str, *, on_stand_ins: bool) -> list[tuple[str, ...]]:
    began = time.monotonic()
    if on_stand_ins:
        script = ROOT / "deploy" / "images" / "stand-ins" / "build.sh"
        if subprocess.run([script], cwd=ROOT, check=False).returncode:
            sys.exit("images: the stand-ins could not be made, see above.")
        names = [f"mchub/{name}:{version}" for name in STAND_INS]
    else:
        postgres = f"mchub/postgres:{version}"
        subprocess.run(["docker", "tag", OFFICIAL_POSTGRES, postgres], check=True)
        names = [postgres]
    seconds = time.monotonic() - began
    rows = [(name, _size(name), "", "") for name in names]
    return [*rows, ("all of these", "", f"{seconds:.0f} s", "")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Build what is not current and print the table."""
    parser = argparse.ArgumentParser(prog="images", description="build the images")
    parser.add_argument(
        "--bases",
        choices=["official", "stand-in", "auto"],
        default="auto",
        help="what the images stand on; auto: official ones where they can be pulled",
    )
    options = parser.parse_args(arguments)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = str(project["version"])
    # Stand-ins made before show that nothing could be pulled; asking again takes time.
    on_stand_ins = options.bases == "stand-in" or (
        options.bases == "auto"
        and (bool(image_id(f"mchub/base:{version}")) or not official_can_be_had())
    )
    bases = _prepare_bases(version, on_stand_ins=on_stand_ins)
    rows = [("image", "size", "time", ""), *bases]
    rows += _rows(version, on_stand_ins=on_stand_ins)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    print()
    for name, size, seconds, state in rows:
        line = f"{name:{widths[0]}}  {size:>{widths[1]}}  {seconds:>{widths[2]}}  {state}"
        print(line.rstrip())


if __name__ == "__main__":
    main()
