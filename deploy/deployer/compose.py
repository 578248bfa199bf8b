"""What compose is told: which files, which variables, and the commands themselves."""

import functools
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.deployer.cards import SHOWN, cards_file
from deploy.deployer.commands import Command
from deploy.deployer.giving_secrets import parts_folder
from deploy.front.configuration import ca_file
from hub.choices import Acme, NoTls, Postgres, Prometheus, SelfSigned
from hub.display import compose_variables
from hub.environments import SITE_VARIABLE
from hub.release import COLORS
from hub.settings import Settings
from hub.storage import checkout, write_whole

__all__ = [
    "DOCKER_SOCKET",
    "LOGGING",
    "compose",
    "files",
    "hub_images",
    "keep_hub_image",
    "local_images",
    "own_services",
    "site_file",
    "variables",
]

DOCKER_SOCKET: Final = Path("/var/run/docker.sock")

_IMAGES: Final = {
    "MC_BASE_IMAGE": "mchub/base",
    "MC_HUB_IMAGE": "mchub/hub",
    "MC_PROXY_IMAGE": "mchub/proxy",
    "MC_DATABASE_IMAGE": "mchub/database",
    "MC_ETCD_IMAGE": "mchub/etcd",
    "MC_LOGIN_IMAGE": "mchub/login",
    "MC_DEPLOYER_IMAGE": "mchub/deployer",
    "MC_BACKUP_IMAGE": "mchub/backup",
    "MC_LOGS_IMAGE": "mchub/rsyslog",
}
"""Images by the variable that names another instead."""

_OFFICIAL: Final = {
    "MC_NGINX_IMAGE": ("nginx:1.26.3", "mchub/nginx"),
    "MC_LEGO_IMAGE": ("goacme/lego:v4.9.1", "mchub/lego"),
    "MC_PROMETHEUS_IMAGE": ("prom/prometheus:v2.53.5", "mchub/prometheus"),
    "MC_ALERTMANAGER_IMAGE": ("prom/alertmanager:v0.28.1", "mchub/alertmanager"),
    "MC_NODE_EXPORTER_IMAGE": ("prom/node-exporter:v1.9.0", "mchub/node-exporter"),
    "MC_POSTGRES_EXPORTER_IMAGE": (
        "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
        "mchub/postgres-exporter",
    ),
    "MC_FRONT_EXPORTER_IMAGE": (
        "nginx/nginx-prometheus-exporter:1.4.1",
        "mchub/nginx-exporter",
    ),
    "MC_PROBE_IMAGE": ("prom/blackbox-exporter:v0.26.0", "mchub/blackbox-exporter"),
    "MC_GRAFANA_IMAGE": ("grafana/grafana:12.1.0", ""),
    "MC_DCGM_IMAGE": ("nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3-4.1.3-ubuntu22.04", ""),
    "MC_LOKI_IMAGE": ("grafana/loki:3.5.0", ""),
    "MC_ALLOY_IMAGE": ("grafana/alloy:v1.9.0", ""),
}
"""Images of others, by the variable that names another instead, and what stands in for them
where nothing can be pulled: it is taken where it was built. Some are of profiles that the
tests don't run, and have no stand-in."""
_VOLUMES: Final = "/var/lib/docker/volumes"
"""Where Docker keeps volumes, unless ``MC_DOCKER_VOLUMES`` says otherwise."""

LOGGING: Final = "logging.yaml"
"""Compose file in the state folder: has Docker send lines to what collects them."""

_HUBS: Final = "hubs.json"
_KEPT: Final = ("PATH", "HOME", "DOCKER_CONFIG", "DOCKER_HOST", "XDG_RUNTIME_DIR", "LANG")


def site_file(state: Path) -> Path:
    """The site's own settings as the parts get them: a copy, empty where there are none."""
    copied, named = state / "site.toml", os.environ.get(SITE_VARIABLE, "")
    text = Path(named).read_text(encoding="utf-8") if named else ""
    if not copied.exists() or copied.read_text(encoding="utf-8") != text:
        # The same file, not another in its place: running parts have it mounted.
        copied.write_text(text, encoding="utf-8")
    copied.chmod(0o644)
    return copied


def hub_images(state: Path) -> dict[str, str]:
    """The image of each hub by its color; empty where it is that of all other parts.

    They differ during a switch from one release to the next, and are kept so that every
    other command in the meantime leaves the hubs as they are.
    """
    file = state / _HUBS
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {color: kept.get(color, "") for color in COLORS}


def keep_hub_image(state: Path, color: str, image: str) -> None:
    """Have the hub of a color be of `image` from its next start on."""
    images = hub_images(state) | {color: image}
    write_whole(state / _HUBS, f"{json.dumps(images)}\n")


def variables(settings: Settings, state: Path, version: str) -> dict[str, str]:
    """Environment variables of compose: the settings', the images', where things lie."""
    found = {name: os.environ[name] for name in _KEPT if name in os.environ}
    lines = (line.split("=", 1) for line in compose_variables(settings).splitlines())
    found |= dict(lines)
    for name, image in _IMAGES.items():
        found[name] = os.environ.get(name) or f"{image}:{version}"
    for name, (official, stand_in) in _OFFICIAL.items():
        built = f"{stand_in}:{version}"
        found[name] = os.environ.get(name) or (
            built if stand_in and _is_here(built) else official
        )
    for color, image in hub_images(state).items():
        name = f"MC_HUB_{color.upper()}_IMAGE"
        found[name] = os.environ.get(name) or image or found["MC_HUB_IMAGE"]
    site, cards = site_file(state), cards_file(state)
    told = site.read_bytes() + cards.read_bytes()
    return found | {
        "MC_SITE": str(site),
        "MC_CARDS": str(cards),
        # A changed site starts the parts that read it anew, and so does another card.
        "MC_SITE_DIGEST": hashlib.sha256(told).hexdigest()[:16],
        "MC_ACME_CA_FILE": ca_file(settings),
        "MC_CHECKOUT": str(checkout()),
        "MC_STATE": str(state),
        "MC_SECRETS": str(parts_folder(settings, state)),
        "MC_DOCKER_GROUP": str(DOCKER_SOCKET.stat().st_gid),
        "MC_DOCKER_VOLUMES": os.environ.get("MC_DOCKER_VOLUMES") or _VOLUMES,
    }


def _is_here(image: str) -> bool:
    return image in local_images()


@functools.cache
def local_images() -> frozenset[str]:
    """Names of the images of this host, asked for once; `cache_clear` after a build."""
    command = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(listed.stdout.split())


def files(settings: Settings) -> list[str]:
    """Compose files of an environment, each saying what those before it don't.

    ``MC_OVERLAYS`` names more of them, apart by colons; tests add a provider of sign-in
    so.
    """
    return [
        *_own_files(settings),
        *filter(None, os.environ.get("MC_OVERLAYS", "").split(":")),
    ]


def _own_files(settings: Settings) -> list[str]:
    found = ["deploy/compose.yaml", *_of_the_database(settings)]
    is_watched = isinstance(settings.monitoring, Prometheus)
    if is_watched:
        found.append("deploy/monitoring/compose.yaml")
    own = f"deploy/compose.{settings.name}.yaml"
    if (checkout() / own).exists():
        found.append(own)
    match settings.tls:
        case SelfSigned():
            found += ["deploy/front/compose.yaml", "deploy/front/compose.self-signed.yaml"]
        case Acme():
            found += ["deploy/front/compose.yaml", "deploy/front/compose.acme.yaml"]
    if settings.reports.mails is not None or settings.reports.store is not None:
        found.append("deploy/compose.reports-outside.yaml")
    if settings.backup:
        found.append("deploy/backup/compose.yaml")
    if is_watched and not isinstance(settings.tls, NoTls):
        found.append("deploy/monitoring/compose.front.yaml")
    if is_watched and len(getattr(settings.database, "hosts", ())) > 1:
        found.append("deploy/monitoring/compose.pair.yaml")
    return found


def _of_the_database(settings: Settings) -> list[str]:
    match settings.database:
        case Postgres(replicas=0):
            return ["deploy/database/compose.single.yaml"]
        case Postgres():
            return ["deploy/database/compose.pair.yaml"]
    return []


def own_services(settings: Settings, told: Mapping[str, str]) -> Command:
    """`docker compose` that lists the services of our own files, one a line."""
    named = [word for file in _own_files(settings) for word in ("--file", file)]
    return Command(
        words=("docker", "compose", *named, "config", "--services"), variables=told
    )


def compose(
    settings: Settings,
    told: Mapping[str, str],
    words: Sequence[str],
    *,
    within: float = 600.0,
    stdin: bytes = b"",
) -> Command:
    """`docker compose` for an environment: the base, what differs there, what is added."""
    made = [Path(told["MC_STATE"]) / name for name in (LOGGING, SHOWN)]
    some = [*files(settings), *(str(file) for file in made if file.exists())]
    named = [word for file in some for word in ("--file", file)]
    return Command(
        words=("docker", "compose", *named, *words),
        variables=told,
        within=within,
        stdin=stdin,
    )
