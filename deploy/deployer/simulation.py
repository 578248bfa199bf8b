"""Whether the library works in users' images, on this host's card or processor."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.deployer.outcomes import Failed
from hub.choices import Device
from hub.storage import write_whole

__all__ = ["Simulated", "check_speed", "reported_gpus", "simulate"]

Docker = Callable[..., str]
"""Runs `docker` with words, and returns what it says."""

SCRIPT: Final = Path(__file__).with_name("reference.py")
# Mean and 5 % quantile, to the bit; made by the engine `llvm`, and the same on any other.
ANSWER: Final = ["0x1.11f60d2461c8dp+16", "0x1.1960d6faf258ap+15"]
SLOWEST: Final = 0.8
"""Part of the recorded speed that is still taken for the same."""

_ALONE: Final = (
    *("run", "--rm", "--interactive", "--network=none", "--read-only", "--tmpfs=/tmp"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--memory=2g"),
)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What the reference simulation said: where it ran, and trials per second."""

    engine: str
    device: str
    speed: float


def reported_gpus(docker: Docker, image: str) -> Sequence[Device]:
    """The cards that the driver names; none where there is no driver.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    image : str
        A kernel image for GPUs, in which the driver's library is asked.
    """
    ask = (
        "import dataclasses, json, pynvml as n; n.nvmlInit(); "
        "hs = [n.nvmlDeviceGetHandleByIndex(i) for i in range(n.nvmlDeviceGetCount())]; "
        "print(json.dumps([[n.nvmlDeviceGetUUID(h), n.nvmlDeviceGetMemoryInfo(h).total]"
        " for h in hs]))"
    )
    try:
        said = docker(*_ALONE, "--gpus=all", "--entrypoint=python", image, "-c", ask)
    except Failed:
        # No driver, or no toolkit that gives containers a card.
        return ()
    return [
        Device(name=name, memory=f"{memory // 1024**2}M")
        for name, memory in json.loads(said.splitlines()[-1])
    ]


def simulate(docker: Docker, image: str, device: str | None = None) -> Simulated:
    """Run the reference simulation in a container of a kernel image.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    image : str
        The kernel image.
    device : str, optional
        UUID of the card to run on; the processor if none.

    Raises
    ------
    Failed
        If it doesn't run, or its answer is another than the known one.
    """
    engine = "cuda" if device else "llvm"
    given = (f'--gpus="device={device}"',) if device else ()
    said = docker(
        *(*_ALONE, *given, "--entrypoint=python", image, "-", engine),
        stdin=SCRIPT.read_bytes(),
        within=120,
    )
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    if told["answer"] != ANSWER:
        message = f"{image}, {engine}: must answer {ANSWER}; got {told['answer']}."
        raise Failed(message)
    speed = float(told["trials_per_second"])
    return Simulated(engine=engine, device=told["device"], speed=speed)


def check_speed(state: Path, simulated: Simulated) -> str:
    """Hold a speed against the one that was recorded here first, or record it.

    Raises
    ------
    Failed
        If it is more than a fifth slower.
    """
    file = state / "reference-speeds.json"
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    name = f"{simulated.engine}, {simulated.device}"
    millions = simulated.speed / 1e6
    if name not in recorded:
        recorded[name] = simulated.speed
        write_whole(file, json.dumps(recorded, indent=2) + "\n")
        return f"{millions:.0f} million trials/s on {simulated.device}, recorded"
    part = simulated.speed / recorded[name]
    if part < SLOWEST:
        message = (
            f"the reference simulation must reach {SLOWEST:.0%} of "
            f"{recorded[name] / 1e6:.0f} million trials/s on {simulated.device}; "
            f"got {millions:.0f} million."
        )
        raise Failed(message)
    return f"{millions:.0f} million trials/s, {part:.0%} of what was recorded"
