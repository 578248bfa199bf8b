"""Compose of what watches: as hardened as the rest, and whole in every environment."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy.deployer.compose import compose, variables
from hub import load
from tests.architecture.checkout import ROOT

PARTS = {
    *("alertmanager", "exporter", "node-exporter", "postgres-exporter", "probe"),
    *("prometheus", "synthetic"),
}


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "besides"),
    [
        ("staging", {"front-exporter"}),
        ("production", {"front-exporter", "postgres-exporter-2"}),
    ],
)
def test_what_watches_is_hardened_and_whole(
    name: str, besides: set[str], tmp_path: Path
) -> None:
    settings = load(name, {})
    told = variables(settings, tmp_path, "0.1.0")
    command = compose(settings, told, ("config", "--format=json"))

    asked = subprocess.run(
        command.words, cwd=ROOT, env=dict(told), capture_output=True, text=True, check=False
    )

    assert asked.returncode == 0, asked.stderr
    services = json.loads(asked.stdout)["services"]
    assert PARTS | besides <= set(services)
    for part in PARTS | besides:
        found = services[part]
        assert found["read_only"] is True, part
        assert found["cap_drop"] == ["ALL"], part
        assert "cap_add" not in found, part
        assert found["security_opt"] == ["no-new-privileges:true"], part
        assert {"pids_limit", "mem_limit", "cpus"} <= set(found), part
        assert found["healthcheck"], part
    # Only who sends alerts reaches the world.
    outside = {part for part in PARTS if "outside" in services[part]["networks"]}
    assert outside == {"alertmanager"}
