"""What a user's pod is: its image, limits, rights, home and variables.

Pure functions of settings and a profile; nothing here talks to Kubernetes. The names are
those of KubeSpawner's options.
"""

from typing import Any, Final

from hub.choices import Pod, Profile
from hub.containers import ENVIRONMENT_LABEL, HOME, PROFILE_LABEL
from hub.laws import n_bytes
from hub.settings import Settings

__all__ = ["CLAIM", "gpu_variables", "of_all", "of_profile"]

CLAIM: Final = "home-{username}"
"""Name of a user's home, whatever server it is mounted into."""

_ACCOUNT: Final = 1000
_TMP: Final = "256Mi"


def of_all(settings: Settings, pod: Pod) -> dict[str, Any]:
    """What all pods have, whoever starts one."""
    limits = settings.server.limits
    return {
        "namespace": pod.namespace,
        "image_pull_policy": "IfNotPresent",
        "delete_stopped_pods": True,
        "uid": _ACCOUNT,
        "gid": _ACCOUNT,
        # A claim is made for root; its files get this group when it is mounted.
        "fs_gid": _ACCOUNT,
        "allow_privilege_escalation": False,
        "container_security_context": {
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # Nobody's code may speak to the cluster.
        "automount_service_account_token": False,
        "extra_pod_config": {"enableServiceLinks": False},
        "extra_labels": {ENVIRONMENT_LABEL: settings.name},
        "storage_pvc_ensure": True,
        "storage_class": pod.storage_class or None,
        "storage_access_modes": ["ReadWriteOnce"],
        "storage_capacity": str(n_bytes(limits.storage)),
        "pvc_name_template": CLAIM,
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": CLAIM}},
            {"name": "tmp", "emptyDir": {"sizeLimit": _TMP}},
        ],
        "volume_mounts": [
            {"name": "home", "mountPath": HOME},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }


def of_profile(settings: Settings, pod: Pod, profile: Profile) -> dict[str, Any]:
    """What a pod has by its profile; all of it is reserved, so that nobody is evicted."""
    gpus = _gpus(pod, profile)
    return {
        "image": profile.image,
        "mem_limit": profile.memory,
        "mem_guarantee": profile.memory,
        "cpu_limit": profile.cpus,
        "cpu_guarantee": profile.cpus,
        "extra_resource_limits": gpus,
        "extra_resource_guarantees": gpus,
        "extra_labels": {
            ENVIRONMENT_LABEL: settings.name,
            PROFILE_LABEL: profile.name,
        },
    }


def _gpus(pod: Pod, profile: Profile) -> dict[str, str]:
    n_parts = round(profile.gpu * pod.gpu_parts)
    return {pod.gpu_resource: str(n_parts)} if n_parts else {}


def gpu_variables(profile: Profile) -> dict[str, str]:
    """What tells CuPy how much of a card is ours; the plugin itself says which card.

    A plugin that divides a card by time keeps memory as an agreement only.
    """
    if not profile.gpu:
        return {"NVIDIA_VISIBLE_DEVICES": "void"}
    return {"CUPY_GPU_MEMORY_LIMIT": f"{profile.gpu:.2%}"}
