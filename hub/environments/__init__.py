"""The environments, and how one is loaded: by its name, with what the site says of it.

Each environment is one literal in a file of its own, all in the same order, so that two of
them laid side by side show their differences at a glance.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final

from hub.choices import Device, LocalProcess
from hub.environments.site import with_site
from hub.laws import refusal, require
from hub.release import release
from hub.settings import Settings

__all__ = [
    "CARDS_VARIABLE",
    "ENVIRONMENTS",
    "PORT_VARIABLES",
    "SITE_VARIABLE",
    "load",
    "with_ports",
]

SITE_VARIABLE: Final = "MCHUB_SITE"
"""Names the file with what this site decides for itself."""

CARDS_VARIABLE: Final = "MCHUB_CARDS"
"""Names the file with the cards that the driver of this host names."""

ENVIRONMENTS: Final = ("development", "rehearsal", "staging", "production")


def _with_public_port(settings: Settings, port: int) -> Settings:
    parts = settings.address
    return replace(settings, url=f"{parts.scheme}://{parts.hostname}:{port}")


def _with_api_port(settings: Settings, port: int) -> Settings:
    return replace(settings, network=replace(settings.network, api_port=port))


def _with_hub_port(settings: Settings, port: int) -> Settings:
    return replace(settings, network=replace(settings.network, hub_port=port))


def _with_proxy_api_port(settings: Settings, port: int) -> Settings:
    return replace(settings, network=replace(settings.network, proxy_api_port=port))


def _with_admin_port(settings: Settings, port: int) -> Settings:
    return replace(settings, network=replace(settings.network, admin_port=port))


def _with_reports_port(settings: Settings, port: int) -> Settings:
    return replace(settings, network=replace(settings.network, reports_port=port))


# Which port is free depends on the machine, so these six may be set from outside.
PORT_VARIABLES: Final[Mapping[str, Callable[[Settings, int], Settings]]] = {
    "MCHUB_PORT": _with_public_port,
    "MCHUB_API_PORT": _with_api_port,
    "MCHUB_HUB_PORT": _with_hub_port,
    "MCHUB_PROXY_API_PORT": _with_proxy_api_port,
    "MCHUB_ADMIN_PORT": _with_admin_port,
    "MCHUB_REPORTS_PORT": _with_reports_port,
}


def load(name: str | None, variables: Mapping[str, str] | None = None) -> Settings:
    """Settings of one environment, with what its site and this machine give it.

    Parameters
    ----------
    name : str or None
        One of `ENVIRONMENTS`; usually what ``MC_ENVIRONMENT`` holds. There is no default:
        a hub that doesn't know its environment must not start.
    variables : mapping, optional
        Where `SITE_VARIABLE`, `CARDS_VARIABLE`, `PORT_VARIABLES` and ``MC_RELEASE`` are
        looked up; the process's own environment variables if not given.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If `name` is no environment, its file or the site's breaks a law or can't be read,
        or a port variable holds no port.
    """
    if name is None or name not in ENVIRONMENTS:
        variable, law = "MC_ENVIRONMENT", f"be one of {', '.join(ENVIRONMENTS)}"
        hint = "" if name else "`make run` sets it; elsewhere write it before the command."
        raise refusal(variable, law, name, hint)
    variables = os.environ if variables is None else variables
    settings = _literal(name)
    if site := variables.get(SITE_VARIABLE, ""):
        settings = with_site(settings, Path(site), ENVIRONMENTS)
    settings = _with_cards(settings, variables)
    return with_ports(_with_release(settings, variables), variables)


def _literal(name: str) -> Settings:
    # Imported only when it is asked for, so that a slip in one environment stops no other.
    try:
        module = import_module(f"hub.environments.{name}")
        settings: Settings = getattr(module, name.upper())
    except (AttributeError, NameError, SyntaxError, TypeError) as error:
        law = "be one literal of known settings, all given"
        hint = "every setting and its meaning is in `hub/README.md`."
        raise refusal(f"hub/environments/{name}.py", law, str(error), hint) from error
    require(settings.name == name, f"{name}.name", "be the name of its file", settings.name)
    return settings


def _with_release(settings: Settings, variables: Mapping[str, str]) -> Settings:
    runs_as = settings.server.runs_as
    if isinstance(runs_as, LocalProcess):
        return settings
    version = release(variables)
    profiles = tuple(
        replace(profile, image=profile.image.replace("{release}", version))
        for profile in runs_as.profiles
    )
    runs_as = replace(runs_as, profiles=profiles)
    return replace(settings, server=replace(settings.server, runs_as=runs_as))


def _with_cards(settings: Settings, variables: Mapping[str, str]) -> Settings:
    file = variables.get(CARDS_VARIABLE, "")
    if (
        not file
        or settings.gpus.devices
        or isinstance(settings.server.runs_as, LocalProcess)
    ):
        return settings
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
        cards = tuple(Device(**card) for card in told)
    except (OSError, TypeError, ValueError) as error:
        law = "name a file with a list of cards, as the deployer writes it"
        raise refusal(CARDS_VARIABLE, law, file, str(error)) from error
    return replace(settings, gpus=replace(settings.gpus, devices=cards))


def with_ports(settings: Settings, variables: Mapping[str, str]) -> Settings:
    """`settings` with the ports that `variables` name under `PORT_VARIABLES`."""
    for variable, apply in PORT_VARIABLES.items():
        text = variables.get(variable, "")
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
            raise refusal(variable, "be a port between 1 and 65535", text)
        settings = apply(settings, int(text))
    return settings
