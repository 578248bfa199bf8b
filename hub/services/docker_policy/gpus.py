"""GPU containers: one leased device, a fraction within the share, limits that agree.

The label ``mchub.gpu_fraction`` is the claim. The limits in the container's environment may
not exceed the claim, and the claim may not exceed what the environment owns of the device.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from hub.services.docker_policy.asking import Asking, one_of, read_mebibytes, texts
from hub.services.docker_policy.bodies import read_keys
from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.policy import GPU_FRACTION, Gpu, Labels, Policy

__all__ = [
    "CUPY_LIMIT",
    "MPS_MEMORY",
    "MPS_THREADS",
    "VISIBLE",
    "demand_room",
    "read_device_requests",
    "read_gpu_variables",
]

CUPY_LIMIT: Final = "CUPY_GPU_MEMORY_LIMIT"
MPS_THREADS: Final = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"
MPS_MEMORY: Final = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"
VISIBLE: Final = "NVIDIA_VISIBLE_DEVICES"

_LIMITS: Final = (CUPY_LIMIT, MPS_THREADS, MPS_MEMORY, VISIBLE)
# Variables that NVIDIA's container hook or MPS read; no other of their kind is let through.
_KNOWN: Final = frozenset(
    (*_LIMITS, "NVIDIA_DRIVER_CAPABILITIES", "CUDA_MPS_PIPE_DIRECTORY")
)
_HELD: Final = ("NVIDIA_", "CUDA_MPS_", "CUPY_GPU_", "DOCKER_RESOURCE_")


def read_device_requests(path: str, value: Any, asking: Asking) -> list[dict[str, Any]]:
    """The one request for the one device that the labels name."""
    demand(isinstance(value, list) and len(value) == 1, path, "ask for one device", value)

    def device_ids(where: str, ids: Any) -> list[str]:
        found = texts(where, ids, 1)
        known = [gpu.id for gpu in asking.policy.gpus]
        law = f"be one of the policy's devices ({', '.join(known) or 'it has none'})"
        demand(len(found) == 1 and found[0] in known, where, law, ", ".join(found))
        return found

    request = read_keys(
        f"{path}.0",
        value[0],
        {
            "Driver": lambda where, driver: one_of(where, driver, "nvidia", "cdi"),
            "DeviceIDs": device_ids,
            "Capabilities": lambda where, found: one_of(where, found, [["gpu"]]),
        },
        {"Count": "it takes any device: name one by `DeviceIDs`"},
    )
    for key in ("Driver", "DeviceIDs", "Capabilities"):
        demand(key in request, f"{path}.0.{key}", "be given", None)
    label = asking.labels.get(Labels.GPU)
    one_of(f"Labels.{Labels.GPU}", label, request["DeviceIDs"][0])
    claim(asking)
    return [request]


def claim(asking: Asking) -> Fraction:
    """The fraction of a device that the label claims, within the environment's share."""
    path, text = f"Labels.{Labels.GPU_FRACTION}", asking.labels.get(Labels.GPU_FRACTION)
    if text is None or GPU_FRACTION.fullmatch(text) is None:
        raise Denied(path, "be a fraction such as `0.25`", text)
    fraction, share = Fraction(text), asking.policy.gpu_share
    law = f"be above 0 and at most the environment's share, {share}"
    demand(0 < fraction <= Fraction(str(share)), path, law, text)
    return fraction


def read_gpu_variables(
    variables: Mapping[str, str], asking: Asking, device: str | None
) -> dict[str, str]:
    """The variables, held against the claim; without a device, with none to be seen.

    Images made for CUDA set ``NVIDIA_VISIBLE_DEVICES=all``, which NVIDIA's runtime obeys
    where it is Docker's default: so a container without a lease is told ``void``.
    """
    for name in variables:
        held = name.upper().startswith(_HELD)
        demand(name in _KNOWN or not held, f"Env.{name}", "be left out", name)
    if device is None:
        return _without_gpu(variables, asking)
    for name in _LIMITS:
        demand(name in variables, f"Env.{name}", "be given with a GPU", None)
    fraction = claim(asking)
    (gpu,) = (gpu for gpu in asking.policy.gpus if gpu.id == device)
    one_of(f"Env.{VISIBLE}", variables[VISIBLE], device)
    _hold_threads(variables[MPS_THREADS], fraction)
    _hold_mps_memory(variables[MPS_MEMORY], fraction, gpu)
    _hold_cupy(variables[CUPY_LIMIT], fraction, gpu)
    if capabilities := variables.get("NVIDIA_DRIVER_CAPABILITIES"):
        fits = set(capabilities.split(",")) <= {"compute", "utility"}
        law = "be `compute`, `utility` or both"
        demand(fits, "Env.NVIDIA_DRIVER_CAPABILITIES", law, capabilities)
    return dict(variables)


def _without_gpu(variables: Mapping[str, str], asking: Asking) -> dict[str, str]:
    for label in (Labels.GPU, Labels.GPU_FRACTION):
        law = "be left out without a device request"
        demand(label not in asking.labels, f"Labels.{label}", law, asking.labels.get(label))
    for name in _LIMITS:
        fits = name not in variables or (name == VISIBLE and variables[name] == "void")
        law = "be left out, or `void`, without a device request"
        demand(fits, f"Env.{name}", law, variables.get(name))
    return {**variables, VISIBLE: "void"}


def _hold_threads(text: str, fraction: Fraction) -> None:
    highest = 100 * fraction
    law = f"be a whole number from 1 to {float(highest):g}, the percentage that is claimed"
    fits = text.isascii() and text.isdecimal() and len(text) <= 3
    demand(fits and 1 <= int(text) <= highest, f"Env.{MPS_THREADS}", law, text)


def _hold_mps_memory(text: str, fraction: Fraction, gpu: Gpu) -> None:
    path, (index, _, size) = f"Env.{MPS_MEMORY}", text.partition("=")
    demand(index == "0", path, "begin with `0=`: a container sees one device", text)
    _hold_size(path, read_mebibytes(path, size), fraction, gpu)


def _hold_cupy(text: str, fraction: Fraction, gpu: Gpu) -> None:
    path = f"Env.{CUPY_LIMIT}"
    if text.endswith("%"):
        digits = text[:-1]
        fits = digits.isascii() and digits.isdecimal() and len(digits) <= 3
        law = f"be from 1% to {float(100 * fraction):g}%, what is claimed"
        demand(fits and 1 <= int(digits) <= 100 * fraction, path, law, text)
        return
    law = "be a number of bytes, or a percentage such as `25%`"
    demand(text.isascii() and text.isdecimal(), path, law, text)
    _hold_size(path, read_mebibytes(path, text), fraction, gpu)


def _hold_size(path: str, mebibytes: float, fraction: Fraction, gpu: Gpu) -> None:
    highest = float(fraction * gpu.memory_mib)
    law = f"be at most {highest:g} MiB, the claimed part of {gpu.memory_mib} MiB"
    demand(0 < mebibytes <= highest, path, law, f"{mebibytes:g} MiB")


def demand_room(
    held: Iterable[Mapping[str, Any]], labels: Mapping[str, str], policy: Policy
) -> None:
    """Refuse a claim that would take a device above the environment's share.

    Parameters
    ----------
    held : iterable of mapping
        The containers that hold a part of the device, as Docker lists them.
    labels : mapping
        The labels of the container asked for.
    policy : Policy
        Says what the share is.
    """
    taken = Fraction(0)
    for container in held:
        text = (container.get("Labels") or {}).get(Labels.GPU_FRACTION, "")
        # A container of ours whose claim can't be read is taken to hold all of it.
        taken += Fraction(text) if GPU_FRACTION.fullmatch(text) else 1
    asked = Fraction(labels[Labels.GPU_FRACTION])
    share = Fraction(str(policy.gpu_share))
    law = (
        f"fit beside what is taken of `{labels[Labels.GPU]}`: {float(taken):g} of the "
        f"environment's {float(share):g}"
    )
    path = f"Labels.{Labels.GPU_FRACTION}"
    demand(taken + asked <= share, path, law, labels[Labels.GPU_FRACTION])
