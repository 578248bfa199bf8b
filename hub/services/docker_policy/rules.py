"""What may be asked: a method, a path and a query for each, with the reason.

A request is read once, decoded once, and matched against the table; what is forwarded is
written anew from the parts that matched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.policy import Policy

__all__ = ["RULES", "Call", "Rule", "read_call"]

# Older versions of Docker's API share IPC by default, and read bodies where newer don't.
OLDEST_API: Final = 40

_FALSE: Final = "0|false|False|"
_EITHER: Final = "0|1|false|true|False|True|"
_SECONDS: Final = "[0-9]|[1-9][0-9]|[12][0-9]{2}|300"
_PATH: Final = re.compile(r"[A-Za-z0-9._:@/-]+")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that may be asked.

    Parameters
    ----------
    name : str
        What it is called in logs and metrics.
    methods : tuple of str
        Methods of HTTP.
    path : str
        Path without version; ``{}`` stands for a name.
    subject : {"", "container", "homes", "image", "network", "list", "volume"}
        What the name is the name of, and so how it is held against the policy.
    body : {"", "container", "volume"}
        What the body asks to create, if it has one.
    query : mapping
        For every parameter that may be given, the pattern of its values.
    reason : str
        Why the hub needs it.
    """

    name: str
    methods: tuple[str, ...]
    path: str
    reason: str
    subject: Literal["", "container", "homes", "image", "network", "list", "volume"] = ""
    body: Literal["", "container", "volume"] = ""
    query: Mapping[str, str] = field(default_factory=dict)


RULES: Final = (
    Rule(
        name="ping",
        methods=("GET", "HEAD"),
        path="/_ping",
        reason="is Docker there",
    ),
    Rule(
        name="version",
        methods=("GET",),
        path="/version",
        reason="clients settle on a version of the API by it",
    ),
    Rule(
        name="image",
        methods=("GET",),
        path="/images/{}/json",
        subject="image",
        reason="is the image of a profile there, and what does it start",
    ),
    Rule(
        name="network",
        methods=("GET",),
        path="/networks/{}",
        subject="network",
        reason="is the users' network there",
    ),
    Rule(
        name="list",
        methods=("GET",),
        path="/containers/json",
        subject="list",
        query={"all": _EITHER, "limit": "-1|[0-9]{1,5}", "filters": ".*"}
        | {"size": _FALSE, "trunc_cmd": _EITHER},
        reason="which containers of this environment there are; the filter is added",
    ),
    Rule(
        name="create",
        methods=("POST",),
        path="/containers/create",
        body="container",
        query={"name": ".*", "platform": ""},
        reason="a user's server",
    ),
    Rule(
        name="inspect",
        methods=("GET",),
        path="/containers/{}/json",
        subject="container",
        query={"size": _FALSE},
        reason="does the server run, and at which address",
    ),
    Rule(
        name="start",
        methods=("POST",),
        path="/containers/{}/start",
        subject="container",
        reason="to start it",
    ),
    Rule(
        name="stop",
        methods=("POST",),
        path="/containers/{}/stop",
        subject="container",
        query={"t": _SECONDS},
        reason="to stop it",
    ),
    Rule(
        name="kill",
        methods=("POST",),
        path="/containers/{}/kill",
        subject="container",
        query={"signal": "(?:SIG)?(?:INT|KILL|TERM)|2|9|15"},
        reason="to end it when it doesn't stop",
    ),
    Rule(
        name="remove",
        methods=("DELETE",),
        path="/containers/{}",
        subject="container",
        query={
            "v": _EITHER,
            "force": _EITHER,
            "link": _FALSE,
        },
        reason="to clear it away; `v` takes nameless volumes, never a home",
    ),
    Rule(
        name="stats",
        methods=("GET",),
        path="/containers/{}/stats",
        subject="container",
        query={"stream": "0|false|False", "one-shot": _EITHER},
        reason="how much of its limits it uses, once",
    ),
    Rule(
        name="logs",
        methods=("GET",),
        path="/containers/{}/logs",
        subject="container",
        query={
            "stdout": _EITHER,
            "stderr": _EITHER,
            "timestamps": _EITHER,
            "follow": _FALSE,
            "tail": "[0-9]{1,4}",
            "since": "[0-9]{1,12}",
            "until": "[0-9]{1,12}",
        },
        reason="why a server didn't start: the last lines",
    ),
    Rule(
        name="create volume",
        methods=("POST",),
        path="/volumes/create",
        body="volume",
        reason="a user's home, before the first start",
    ),
    Rule(
        name="volume",
        methods=("GET",),
        path="/volumes/{}",
        subject="volume",
        reason="is the home there",
    ),
    Rule(
        name="homes",
        methods=("GET",),
        path="/system/df",
        subject="homes",
        query={"type": "volume"},
        reason="how much the homes hold; nothing else of Docker's answer is passed back",
    ),
)

# Parameters without which Docker would do something else than what the rule is for.
_NEEDED: Final = {
    "create": ("name",),
    "stats": ("stream",),
    "logs": ("tail",),
    "homes": ("type",),
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that the table allows: its rule, the version, the name and the query."""

    rule: Rule
    method: str
    version: str
    subject: str
    query: Mapping[str, str]

    def path(self, subject: str | None = None) -> str:
        """The path to forward, naming `subject` where the request named its own."""
        named = self.subject if subject is None else subject
        return self.version + self.rule.path.replace("{}", quote(named, safe="/:@"))


def read_call(method: str, target: str, policy: Policy) -> Call:
    """What a request asks for, by its method and its target as they stand on the wire.

    Raises
    ------
    Denied
        If no rule allows it.
    """
    raw_path, _, raw_query = target.partition("?")
    version, path = _read_path(raw_path)
    rule, subject = _matched(method, path)
    _demand_subject(rule, subject, policy)
    query = _read_query(rule, raw_query)
    return Call(rule=rule, method=method, version=version, subject=subject, query=query)


def _read_path(raw: str) -> tuple[str, str]:
    demand(raw.startswith("/"), "path", "begin with `/`", raw)
    try:
        path = unquote_to_bytes(raw).decode("ascii")
    except UnicodeError as error:
        raise Denied("path", "be ASCII", raw) from error
    law = "hold letters, digits and `._:@/-` once it is decoded"
    demand(_PATH.fullmatch(path) is not None, "path", law, raw)
    demand("%2f" not in raw.lower(), "path", "spell out its slashes", raw)
    steps = path.split("/")[1:]
    fits = all(step not in ("", ".", "..") for step in steps)
    demand(fits, "path", "have no empty step, and none of dots alone", raw)
    if found := re.fullmatch(r"v1\.([1-9][0-9]{0,2})", steps[0]):
        law = f"be of API 1.{OLDEST_API} or newer"
        demand(int(found[1]) >= OLDEST_API, "path", law, steps[0])
        return f"/{steps[0]}", "/" + "/".join(steps[1:])
    return "", path


def _matched(method: str, path: str) -> tuple[Rule, str]:
    for rule in RULES:
        # The names of images have slashes; those of nothing else do.
        name = ".+" if rule.subject == "image" else "[^/]+"
        found = re.fullmatch(re.escape(rule.path).replace(r"\{\}", f"({name})"), path)
        # `containers/json` is the list, not a container that is called so.
        if found and method in rule.methods:
            return rule, found[1] if found.groups() else ""
    raise Denied(
        "path", "be one that the hub needs", f"{method} {path}", "README.md lists them."
    )


def _demand_subject(rule: Rule, subject: str, policy: Policy) -> None:
    match rule.subject:
        case "image":
            law = f"be an image of the policy ({', '.join(policy.images)})"
            demand(subject in policy.images, "path.image", law, subject)
        case "network":
            law = f"be the users' network, `{policy.network}`"
            demand(subject == policy.network, "path.network", law, subject)
        case "volume":
            law = f"be a user's home, `{policy.volume_of('<user>')}`"
            demand(policy.is_home(subject), "path.volume", law, subject)
        case "container":
            fits = re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,300}", subject) is not None
            demand(fits, "path.container", "be a name or an id", subject)
        case _:
            pass


def _read_query(rule: Rule, raw: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict"
        )
    except ValueError as error:
        raise Denied("query", "be pairs of names and values", raw) from error
    query: dict[str, str] = {}
    for name, value in pairs:
        where = f"query.{name}"
        demand(name not in query, where, "stand once", name)
        demand(name in rule.query, where, "be left out", value)
        law = f"match `{rule.query[name]}`"
        fits = re.fullmatch(rule.query[name], value, re.DOTALL) is not None
        demand(fits, where, law, value)
        query[name] = value
    for name in _NEEDED.get(rule.name, ()):
        demand(name in query, f"query.{name}", "be given", None)
    return query
