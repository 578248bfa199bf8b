"""Whose is it: only containers with our labels, and our users' homes, may be seen."""

import json
import re
from typing import Any

from hub.services.docker_policy.bodies import read_object
from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.policy import USER, Labels, Policy

__all__ = ["container_id", "homes_in", "list_filters"]

_FILTERS = ("health", "id", "label", "name", "status")


def container_id(found: object, policy: Policy) -> str:
    """The id of an inspected container, if it is one of this environment's users.

    The id, not the name that was asked for, is what is acted on: a name may come to mean
    another container in between.

    Raises
    ------
    Denied
        If it isn't, such as the platform's own database.
    """
    match found:
        case {
            "Id": str(full_id),
            "Name": str(name),
            "Config": {"Labels": dict(labels)},
        }:
            user = labels.get(Labels.USER, "")
            ours = (
                labels.get(Labels.ENVIRONMENT) == policy.environment
                and bool(labels.get(Labels.PROFILE))
                and re.fullmatch(USER, user) is not None
                and policy.is_name_of(name.removeprefix("/"), user)
                and re.fullmatch(r"[0-9a-f]{64}", full_id) is not None
            )
            law = f"be one of the containers of users in `{policy.environment}`"
            demand(ours, "path.container", law, name.removeprefix("/"))
            return full_id
        case _:
            raise Denied("path.container", "have a name, an id and labels", found)


def list_filters(text: str, policy: Policy) -> str:
    """The filters to forward: those asked for, and this environment's label.

    Docker holds a container against every label that is named.
    """
    asked = read_object("query.filters", text) if text else {}
    filters: dict[str, list[str]] = {}
    for key, value in asked.items():
        where = f"query.filters.{key}"
        demand(key in _FILTERS, where, f"be among {', '.join(_FILTERS)}", key)
        filters[key] = _values(where, value)
    own = f"{Labels.ENVIRONMENT}={policy.environment}"
    filters["label"] = [*filters.get("label", []), own, Labels.USER]
    return json.dumps(filters)


def homes_in(found: object, policy: Policy) -> list[dict[str, Any]]:
    """The homes among the volumes that Docker measured: their names and sizes alone.

    A volume is one by its name, as everywhere in this policy; a label of another
    environment says that it isn't.

    Raises
    ------
    Denied
        If that is no answer of Docker's to the question.
    """
    match found:
        case {"Volumes": list(volumes)}:
            return [_sized(one) for one in volumes if _is_home(one, policy)]
        case {"Volumes": None}:
            return []
        case _:
            raise Denied("answer", "list `Volumes`; newer APIs than 1.51 don't", found)


def _is_home(volume: object, policy: Policy) -> bool:
    match volume:
        case {"Name": str(name), "Labels": dict(labels)}:
            environment = labels.get(Labels.ENVIRONMENT, policy.environment)
            return policy.is_home(name) and environment == policy.environment
        case {"Name": str(name)}:
            return policy.is_home(name)
        case _:
            return False


def _sized(volume: dict[str, Any]) -> dict[str, Any]:
    match volume.get("UsageData"):
        # Docker says -1 where it can't tell.
        case {"Size": int(size)}:
            return {"Name": volume["Name"], "UsageData": {"Size": size}}
        case _:
            return {"Name": volume["Name"], "UsageData": {"Size": -1}}


def _values(path: str, value: Any) -> list[str]:
    # Docker knows two spellings: `["a"]`, and the older `{"a": true}`.
    if isinstance(value, dict) and all(said is True for said in value.values()):
        value = list(value)
    fits = isinstance(value, list) and all(isinstance(text, str) for text in value)
    demand(fits, path, "be a list of texts", value)
    return list(value)
