"""The manifests as `kubectl kustomize` makes them, and who reaches whom by them."""

import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from tests.architecture.checkout import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("staging", "production")
# All that `kubectl apply --kustomize` may be given.
ROOTS = ("overlays/staging", "overlays/production", "zero-to-jupyterhub", "nvidia")

Manifest = Mapping[str, Any]


@cache
def rendered(root: str) -> tuple[Manifest, ...]:
    """Manifests of a folder with a kustomization."""
    asked = subprocess.run(
        ["kubectl", "kustomize", FOLDER / root],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    return tuple(yaml.safe_load_all(asked.stdout))


def of_kind(root: str, kind: str) -> dict[str, Manifest]:
    """Manifests of one kind, by name."""
    return {one["metadata"]["name"]: one for one in rendered(root) if one["kind"] == kind}


def pods(root: str) -> dict[str, Manifest]:
    """Pod templates of everything that runs, by the name of what runs it."""
    kinds = ("Deployment", "DaemonSet")
    return {
        name: one["spec"]["template"]
        for kind in kinds
        for name, one in of_kind(root, kind).items()
    }


def containers(template: Manifest) -> Iterator[Manifest]:
    yield from template["spec"].get("initContainers", ())
    yield from template["spec"]["containers"]


Labels = Mapping[str, str]


def reaches(
    policies: Iterator[Manifest] | list[Manifest],
    way: str,
    own: Labels,
    other: Labels,
    port: int,
) -> bool:
    """Whether policies let pods with the labels `own` out to `other`, or in from it.

    `way` is ``egress`` or ``ingress``. Without a policy for that way all is open, as in a
    cluster; what a policy names is open, and the rest is not.
    """
    concerned = [
        one["spec"]
        for one in policies
        if way.capitalize() in one["spec"]["policyTypes"]
        and _selects(one["spec"]["podSelector"], own)
    ]
    side = {"egress": "to", "ingress": "from"}[way]
    rules = [rule for spec in concerned for rule in spec.get(way, ())]
    return not concerned or any(
        _names_port(rule, port) and _names_peer(rule.get(side), other) for rule in rules
    )


def _names_port(rule: Manifest, port: int) -> bool:
    return "ports" not in rule or any(one["port"] == port for one in rule["ports"])


def _names_peer(peers: list[Manifest] | None, other: Labels) -> bool:
    if peers is None:
        return True
    return any(
        "namespaceSelector" not in peer
        and "podSelector" in peer
        and _selects(peer["podSelector"], other)
        for peer in peers
    )


def _selects(selector: Manifest, labels: Labels) -> bool:
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", ())
    assert all(one["operator"] == "In" for one in among)
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        labels.get(one["key"]) in one["values"] for one in among
    )
