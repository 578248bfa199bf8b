"""What the policy lets through: a policy, and bodies as docker-py writes them."""

import copy
from collections.abc import Callable
from typing import Any

from docker.types import ContainerConfig, DeviceRequest, HostConfig

from hub.services.docker_policy.policy import Gpu, Policy

API = "1.41"
MEMORY = 512 * 1024**2
DEVICE = "GPU-1b2c"
POLICY = Policy(
    environment="testing",
    prefix="mctest-user",
    images=("mctest-kernel:1",),
    network="mctest-users",
    memory_bytes=1024**3,
    cpus=2.0,
    pids=512,
    gpus=(Gpu(id=DEVICE, memory_mib=16_384), Gpu(id="nvidia.com/gpu=1", memory_mib=8_192)),
    gpu_share=0.6,
)
NAME = "mctest-user-ada"
LABELS = {"mchub.user": "ada", "mchub.profile": "small", "mchub.environment": "testing"}
HOST: dict[str, Any] = {
    "auto_remove": True,
    "binds": {"mctest-user-home-ada": {"bind": "/home/jovyan", "mode": "rw"}},
    "links": {},
    "mounts": [],
    "mem_limit": MEMORY,
    "cpu_period": 100_000,
    "cpu_quota": 100_000,
    "network_mode": "mctest-users",
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 256,
    "read_only": True,
    "tmpfs": {"/tmp": "rw,nosuid,nodev,size=64m"},
    "init": True,
}
TOP: dict[str, Any] = {
    "command": ["jupyterhub-singleuser", "--debug"],
    "environment": {"JUPYTERHUB_API_TOKEN": "secret-1234", "HOME": "/home/jovyan"},
    "ports": {"8888/tcp": None},
    "volumes": ["/home/jovyan"],
    "labels": LABELS,
}


def lawful(
    host: dict[str, Any] | None = None, image: str = "mctest-kernel:1", **top: Any
) -> dict[str, Any]:
    """The body that DockerSpawner sends by docker-py with our hardened settings."""
    host_config = HostConfig(API, **{**HOST, **(host or {})})
    arguments = {**TOP, **top}
    command = arguments.pop("command")
    body = ContainerConfig(API, image, command, host_config=host_config, **arguments)
    return copy.deepcopy(dict(body))


def lawful_gpu(fraction: str = "0.25") -> dict[str, Any]:
    """The same with a quarter of a GPU."""
    device = DeviceRequest(driver="nvidia", device_ids=[DEVICE], capabilities=[["gpu"]])
    return lawful(
        host={"device_requests": [device]},
        labels={**LABELS, "mchub.gpu": DEVICE, "mchub.gpu_fraction": fraction},
        environment={
            "CUPY_GPU_MEMORY_LIMIT": "25%",
            "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "25",
            "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": "0=4096M",
            "NVIDIA_VISIBLE_DEVICES": DEVICE,
        },
    )


def changed(path: str, value: object, body: Callable[[], dict[str, Any]] = lawful) -> Any:
    """A lawful body with one value changed; its path as a refusal spells it."""
    changing = body()
    holder: Any = changing
    *steps, last = path.split("/")
    for step in steps:
        if holder.get(step) is None:
            holder[step] = {}
        holder = holder[step]
    holder[last] = value
    return changing
