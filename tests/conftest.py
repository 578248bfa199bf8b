"""Seeds, needs and the skip policy, for every test.

A test says by markers what it needs; a test without one needs nothing and may not skip.
Where a need is missing its tests are skipped with the reason, unless `MC_REQUIRE` names
the need: then they fail, so that a run meant to cover it can't be green by skipping.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says what else this machine does.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
COMPILERS = ("g++", "clang++")


def _without_packages(*names: str) -> str | None:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return f"the Python package `{missing[0]}` is not installed" if missing else None


def _without_command(*names: str) -> str | None:
    found = any(shutil.which(name) for name in names)
    return None if found else f"none of {', '.join(names)} is on PATH"


def _without_gpu() -> str | None:
    if reason := _without_packages("cupy"):
        return reason
    import cupy

    try:
        n_devices = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"no NVIDIA device answers ({error})"
    return None if n_devices else "no NVIDIA device was found"


def _without_docker() -> str | None:
    if reason := _without_command("docker"):
        return reason
    asked = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=30)
    return None if asked.returncode == 0 else "no Docker daemon answers"


def _without_postgres() -> str | None:
    # Debian keeps the server off PATH.
    found = any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return None if found else "no PostgreSQL server is in /usr/lib/postgresql"


def _without_leave_to_restart() -> str | None:
    is_given = "MC_RESTART_DOCKER" in os.environ
    return None if is_given else "MC_RESTART_DOCKER, which allows it, is not set"


def _without_kubectl() -> str | None:
    if reason := _without_command("kubectl"):
        return reason
    asked = subprocess.run(
        ["kubectl", "kustomize", "--help"], capture_output=True, check=False, timeout=30
    )
    return None if b"--enable-helm" in asked.stdout else "kubectl is older than 1.22"


NEEDS: dict[str, Callable[[], str | None]] = {
    "browser": lambda: _without_command(*CHROMIUM) or _without_packages("playwright"),
    "compiler": lambda: _without_command(*COMPILERS),
    "daemon": _without_leave_to_restart,
    "docker": _without_docker,
    "gpu": _without_gpu,
    "kubectl": _without_kubectl,
    "notebook": lambda: _without_packages("ipykernel", "nbclient", "nbformat"),
    "postgres": _without_postgres,
}


@cache
def _missing(need: str) -> str | None:
    """Why a need isn't met on this machine, or nothing; found out once."""
    return NEEDS[need]()


def _required() -> frozenset[str]:
    named = os.environ.get("MC_REQUIRE", "").replace(",", " ").split()
    for need in named:
        if need not in NEEDS:
            message = (
                f"`MC_REQUIRE` must list needs among {', '.join(NEEDS)}; got {need!r}.\n"
                "hint: separate them by commas, as in `MC_REQUIRE=browser,notebook`."
            )
            raise pytest.UsageError(message)
    return frozenset(named)


def _needs(item: pytest.Item) -> list[str]:
    return [need for need in NEEDS if item.get_closest_marker(need)]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Fresh seeds for every test, for a run that looks for rare failures."""
    parser.addoption(
        "--seed-salt",
        default="",
        metavar="TEXT",
        help="mix TEXT into every test's seed; without it the seeds never change",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a misspelled `MC_REQUIRE` before any test runs, and hear Ctrl-C."""
    config.stash[REQUIRED] = _required()
    # A shell's background job ignores Ctrl-C, and so would all that is started here.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Compiled code is shared by the workers and stays out of the developer's own cache.
    cache = config.rootpath / ".pytest_cache" / "mclib"
    os.environ.setdefault("MCLIB_CACHE_DIR", str(cache))


REQUIRED = pytest.StashKey[frozenset[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail, a test whose need is missing."""
    for need in _needs(item):
        if reason := _missing(need):
            if need in item.config.stash[REQUIRED]:
                pytest.fail(f"MC_REQUIRE names `{need}`, but {reason}", pytrace=False)
            pytest.skip(f"needs {need}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the seed of a failure; hold the skip policy for skips inside a test."""
    report = yield
    if report.failed and "seed" in getattr(item, "fixturenames", ()):
        report.sections.append(("seed", hex(_seed_of(item))))
    allowed = set(_needs(item)) - item.config.stash[REQUIRED]
    if report.skipped and not allowed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} skipped, and may not: {report.longrepr}\n"
            "hint: mark what the test needs (CONTRIBUTING.md, Tests)."
        )
    return report


def _seed_of(item: pytest.Item) -> int:
    text = item.config.getoption("--seed-salt") + item.nodeid
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """128 bits that belong to this test alone: a digest of its name, printed on failure."""
    return _seed_of(request.node)
