"""Look through the images: for secrets in our own files, for known weaknesses in packages.

Weaknesses are looked up in databases of others, over the network. Where one can't be
reached nothing was looked up, and this says so: no finding and no search are two things.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings
from sbom import image_names, packages

__all__ = ["Finding", "main", "secrets_in"]

# What the project puts into its images; the rest comes from packages.
OUR_FILES = ("/opt/mchub", "/opt/venv/etc/jupyter", "/usr/local/bin", "/etc/passwd")
DEBSECAN = (
    "apt-get -qq update >/dev/null 2>&1 && apt-get -qq install -y --no-install-recommends "
    "debsecan >/dev/null 2>&1 || { echo 'debsecan could not be installed' >&2; exit 9; }; "
    "debsecan --suite trixie --only-fixed --format summary"
)
# Looks like a secret to the search and is none: the letters that passwords are made of.
KNOWN = {("opt/mchub/hub/secret_files.py", "Base64 High Entropy String")}
FOUND, NOT_LOOKED_UP = 1, 3


class NotLookedUp(Exception):
    """The database could not be asked, for the reason given."""


class Finding(NamedTuple):
    """Something that must not be in an image."""

    image: str
    what: str


def secrets_in(image: str) -> Iterator[Finding]:
    """What looks like a secret in the project's own files, variables and history."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy_out(image, folder)
        history = ("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
        (folder / "history").write_text(_docker(*history))
        lines = "{{range .Config.Env}}{{println .}}{{end}}"
        variables = _docker("image", "inspect", "--format", lines, image)
        (folder / "variables").write_text(variables)
        found = SecretsCollection(root=name)
        with default_settings():
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    found.scan_file(str(file.relative_to(folder)))
        for place, secret in found:
            if (place, secret.type) not in KNOWN:
                yield Finding(image, f"{secret.type} in {place}, line {secret.line_number}")


def weak_python_packages(image: str) -> Iterator[Finding]:
    """Python packages with a published weakness.

    Raises
    ------
    NotLookedUp
        If the index doesn't answer what is known about them.
    """
    # The library is not published; asking for it would only tell its name.
    pins = [
        f"{url.name}=={url.version}"
        for url in packages(image)
        if url.type == "pypi" and url.name != "mchub"
    ]
    # One before all: an index without this service refuses every package in turn.
    _audited(pins[:1])
    for package in _audited(pins):
        for weakness in package["vulns"]:
            what = f"{package['name']} {package['version']}: {weakness['id']}"
            yield Finding(image, what)


def _audited(pins: Sequence[str]) -> list[dict[str, Any]]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        audit = (sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps")
        words = [*audit, "--format=json", "--progress-spinner=off", "-r", file.name]
        asked = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        answer: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    except ValueError as error:
        raise NotLookedUp(_reason(asked.stderr)) from error
    # pip-audit calls it no weakness when the index doesn't know a package.
    if unknown := [package for package in answer if "vulns" not in package]:
        raise NotLookedUp(unknown[0]["skip_reason"])
    return answer


def weak_debian_packages(image: str) -> Iterator[Finding]:
    """Debian packages with a weakness that a newer version mends.

    Raises
    ------
    NotLookedUp
        If Debian's security tracker can't be reached.
    """
    words = ["docker", "run", "--rm", "--user=0", "--entrypoint=sh", image, "-c", DEBSECAN]
    asked = subprocess.run(words, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise NotLookedUp(_reason(asked.stderr))
    for line in asked.stdout.splitlines():
        yield Finding(image, line.strip())


def _reason(text: str) -> str:
    lines = [line for line in text.splitlines() if "rror" in line] or ["no reason given"]
    return lines[0].partition("rror:")[2].strip() or lines[0]


def _copy_out(image: str, folder: Path) -> None:
    container = _docker("create", image).strip()
    try:
        for path in OUR_FILES:
            words = ["docker", "cp", f"{container}:{path}", "-"]
            copied = subprocess.run(words, capture_output=True, check=False)
            if copied.returncode == 0:
                with tarfile.open(fileobj=io.BytesIO(copied.stdout)) as archive:
                    # The first releases of Python 3.11 have no filters.
                    archive.extraction_filter = getattr(tarfile, "data_filter", None)
                    archive.extractall(folder / path[1:].rpartition("/")[0])
    finally:
        _docker("rm", container)


def _docker(*words: str) -> str:
    return subprocess.run(
        ["docker", *words], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


SEARCHES: dict[str, Callable[[str], Iterator[Finding]]] = {
    "secrets": secrets_in,
    "weak-python-packages": weak_python_packages,
    "weak-debian-packages": weak_debian_packages,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every search over every image; 0 only if nothing was found."""
    parser = argparse.ArgumentParser(prog="scan", description="look through the images")
    parser.add_argument(
        "--require-databases",
        action="store_true",
        help=f"end with {NOT_LOOKED_UP} where a database can't be reached, for a release",
    )
    parser.add_argument("--only", choices=list(SEARCHES), help="one search instead of all")
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="default: the project's")
    options = parser.parse_args(arguments)
    images = options.images or list(image_names().values())
    searches = {options.only: SEARCHES[options.only]} if options.only else SEARCHES
    findings: list[Finding] = []
    missing = 0
    for what, search in searches.items():
        try:
            found = [each for image in images for each in search(image)]
        except NotLookedUp as error:
            missing += 1
            print(f"scan: {what}: NOT LOOKED UP, the database can't be reached ({error})")
            continue
        findings += found
        print(f"scan: {what}: {len(found) or 'none'} in {len(images)} images")
    for finding in findings:
        print(f"scan: {finding.image}: {finding.what}")
    if findings:
        return FOUND
    return NOT_LOOKED_UP if missing and options.require_databases else 0


if __name__ == "__main__":
    sys.exit(main())
