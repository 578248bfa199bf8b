"""The GPUs of a host: all environments together never have more than the whole."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.deployer.gpu_registry import GpuRegistry, over_committed
from hub.gpus.shares import PARTS
from tests.architecture.checkout import ROOT

NAMES = st.sampled_from(["development", "staging", "production"])
SHARES = st.dictionaries(
    NAMES, st.dictionaries(st.sampled_from(["GPU-1", "GPU-2"]), st.integers(1, PARTS))
)


@given(SHARES)
def test_just_what_is_above_the_whole_is_found(shares: dict[str, dict[str, int]]) -> None:
    devices = {device for parts in shares.values() for device in parts}
    above = {
        device
        for device in devices
        if sum(parts.get(device, 0) for parts in shares.values()) > PARTS
    }

    assert {finding.about for finding in over_committed(shares)} == above


def test_development_and_staging_fit_on_one_card(tmp_path: Path) -> None:
    registry = GpuRegistry(tmp_path)

    assert registry.take("development", ["GPU-1"], 0.4) == []
    assert registry.take("staging", ["GPU-1"], 0.6) == []
    assert registry.shares() == {
        "development": {"GPU-1": 4_000},
        "staging": {"GPU-1": 6_000},
    }


def test_what_would_be_too_much_is_not_taken(tmp_path: Path) -> None:
    registry = GpuRegistry(tmp_path)
    registry.take("staging", ["GPU-1"], 0.6)

    found = registry.take("production", ["GPU-1", "GPU-2"], 0.8)

    assert [finding.about for finding in found] == ["GPU-1"]
    assert registry.would_break("production", ["GPU-1"], 0.8) == found[:1]
    assert set(registry.shares()) == {"staging"}
    registry.give_back("staging")
    assert registry.take("production", ["GPU-1", "GPU-2"], 0.8) == []


def test_an_environment_replaces_its_own_part(tmp_path: Path) -> None:
    registry = GpuRegistry(tmp_path)
    registry.take("production", ["GPU-1"], 0.8)

    assert registry.take("production", ["GPU-1"], 1.0) == []


def test_of_many_that_come_at_once_only_what_fits_is_taken(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from deploy.deployer.gpu_registry import GpuRegistry\n"
        "registry = GpuRegistry(pathlib.Path(sys.argv[1]))\n"
        "sys.exit(bool(registry.take(sys.argv[2], ['GPU-1'], 0.4)))\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), f"environment-{number}"], cwd=ROOT
        )
        for number in range(4)
    ]

    refused = [process.wait(240) for process in started]

    assert sorted(refused) == [0, 0, 1, 1]
    assert len(GpuRegistry(tmp_path).shares()) == 2
