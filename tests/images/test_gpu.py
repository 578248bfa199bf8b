"""The GPU image, on a machine without a GPU: what it holds, and that it compiles."""

import pytest

from tests.architecture.checkout import ROOT
from tests.images.containers import output

pytestmark = pytest.mark.docker

COMPILE = """
import sys
from mclib.engines.cuda.compiling import compiler

cubin = compiler().cubin(sys.stdin.read(), "sm_90")
print(cubin[:4] == b"\\x7fELF", len(cubin) > 1000)
"""
# CuPy's own, then the driver's library, which only a host with a GPU has.
WITHOUT_A_DEVICE = """
import cupy

try:
    cupy.cuda.runtime.getDeviceCount()
except cupy.cuda.runtime.CUDARuntimeError as error:
    print(cupy.__version__.split(".")[0], str(error).split(":")[0])
"""


def test_nvrtc_compiles_a_program_of_the_library() -> None:
    source = (ROOT / "tests/golden/cuda/loss.cu").read_text()

    assert "True True\n" == output("gpu", "python", "-c", COMPILE, given=source)


def test_cupy_is_there_and_only_the_driver_is_missing() -> None:
    said = output("gpu", "python", "-c", WITHOUT_A_DEVICE)

    assert "14 cudaErrorInsufficientDriver\n" == said


def test_of_cuda_it_holds_the_compiler_and_the_runtime_and_no_toolkit() -> None:
    names = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"

    held = output("gpu", "python", "-c", names).split()

    wanted = {"nvidia-cuda-nvrtc-cu12", "nvidia-cuda-runtime-cu12", "nvidia-ml-py"}
    assert wanted == {name for name in held if name.startswith("nvidia")}
    assert {"cupy-cuda12x"} == {name for name in held if name.startswith("cupy")}


def test_asking_for_the_gpu_without_one_says_what_is_missing() -> None:
    ask = (
        "import mclib as mc\n"
        "from mclib.errors import EngineUnavailable\n"
        "model = mc.model(lambda x=mc.Uniform(low=0, high=1): x)\n"
        "try:\n    mc.simulate(model, n_trials=10, engine='cuda')\n"
        "except EngineUnavailable as error:\n    print(error)\n"
    )

    assert "driver" in output("gpu", "python", "-c", ask)
