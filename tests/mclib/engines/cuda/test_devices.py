"""A machine that cannot run the engine says what is missing."""

import sys
from typing import Any

import pytest

from mclib.engines.cuda.devices import open_devices
from mclib.errors import EngineUnavailable
from tests.tools.host_cupy import (
    NO_DEVICE,
    NO_DRIVER,
    CUDARuntimeError,
    HostDevice,
    installed,
)

THE_CPU = "leave `engine` out to run on the CPU; the draws will be the same."


def _answering(status: int, text: str) -> Any:
    def answer() -> int:
        raise CUDARuntimeError(status, text)

    return answer


def test_a_machine_without_cupy_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(EngineUnavailable) as caught:
        open_devices()

    assert str(caught.value) == (
        "engine `cuda` is not available: CuPy is not installed.\n"
        f"hint: install `mchub[gpu]` (or `mchub[gpu13]` for CUDA 13), or {THE_CPU}"
    )


def test_a_cupy_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "cupy", None)

    with pytest.raises(EngineUnavailable, match=r"cannot be imported .*cupy"):
        open_devices()


def test_a_machine_without_a_driver_says_so() -> None:
    answer = _answering(NO_DRIVER, "cudaErrorInsufficientDriver: too old.")

    with (
        installed(HostDevice(), getDeviceCount=answer, driverGetVersion=lambda: 0),
        pytest.raises(EngineUnavailable, match="installed, but no NVIDIA driver was found"),
    ):
        open_devices()


def test_a_driver_that_refuses_is_quoted_with_its_version() -> None:
    answer = _answering(NO_DRIVER, "cudaErrorInsufficientDriver: too old.")

    with (
        installed(HostDevice(), getDeviceCount=answer, driverGetVersion=lambda: 11040),
        pytest.raises(
            EngineUnavailable, match=r"for CUDA 11\.4\) said cudaErrorInsuff.*old\.\n"
        ),
    ):
        open_devices()


def test_a_machine_without_a_device_says_so() -> None:
    answer = _answering(NO_DEVICE, "cudaErrorNoDevice: no CUDA-capable device is detected")

    with (
        installed(HostDevice(), getDeviceCount=answer),
        pytest.raises(EngineUnavailable) as caught,
    ):
        open_devices()

    assert str(caught.value) == (
        "engine `cuda` is not available: CuPy is installed, but no NVIDIA device was "
        f"found.\nhint: {THE_CPU}"
    )


def test_a_device_that_is_not_there_is_refused_by_its_number() -> None:
    with (
        installed(HostDevice()),
        pytest.raises(
            EngineUnavailable, match=r"device 3 was asked for, .* only 1 of them"
        ),
    ):
        open_devices([3])
