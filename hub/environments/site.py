"""What a site decides for itself: its domain, its provider of sign-in, its cards.

A file in TOML overrides settings by their own paths, so that nobody edits the literals:

    [staging]
    url = "https://mc.bank.example"
    admins = ["olivia"]

    [staging.login.provider]
    issuer = "https://login.bank.example"

    [[staging.gpus.devices]]
    name = "GPU-8f2b..."
    memory = "80G"

Durations are texts such as ``"6 h"``, as `python -m hub show` writes them. ``kind`` names
the type where a setting is a choice between several; ``"none"`` stands for None. A list
replaces the one before it; a table in it whose name was there says only what differs.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from hub.laws import refusal, require
from hub.settings import Settings

__all__ = ["with_site"]

_UNITS: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_DURATION: Final = re.compile(r"([0-9]+) ?(d|h|min|s)")
_KIND: Final = "kind"


def with_site(settings: Settings, file: Path, known: tuple[str, ...]) -> Settings:
    """`settings` as the site's `file` has them.

    Parameters
    ----------
    settings : Settings
        One environment, as its literal says.
    file : Path
        The site's file; it may say nothing about this environment.
    known : tuple of str
        Names of the environments, which are the file's tables.

    Raises
    ------
    SettingsError
        If the file can't be read, names what is no setting, or breaks a law.
    """
    law = "name a file in TOML"
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refusal("MCHUB_SITE", law, str(file), str(error)) from error
    law = f"be one of {', '.join(known)}"
    for name in tables:
        require(name in known, f"{file.name}: {name}", law, name)
    overrides = tables.get(settings.name, {})
    overlaid: Settings = _overlaid(settings, overrides, settings.name)
    return overlaid


def _overlaid(holder: Any, table: Mapping[str, Any], path: str) -> Any:
    """A dataclass with the fields that `table` names replaced."""
    require(isinstance(table, Mapping), path, "be a table", table)
    declared = get_type_hints(type(holder))
    values = {}
    for name, given in table.items():
        if name == _KIND:
            continue
        _require_field(type(holder), name, path)
        before = getattr(holder, name)
        values[name] = _value(given, declared[name], before, f"{path}.{name}")
    return replace(holder, **values)


def _value(given: Any, declared: Any, before: Any, path: str) -> Any:
    """What the file gives, as the type that the field declares."""
    options: tuple[Any, ...] = (declared,)
    if isinstance(declared, UnionType):
        options = get_args(declared)
    parts: list[Any] = [option for option in options if is_dataclass(option)]
    kinds = {part.__name__: part for part in parts}
    if given == "none" and NoneType in options:
        return None
    if isinstance(given, Mapping) and kinds:
        return _part(given, kinds, before, path)
    for option in options:
        if get_origin(option) is tuple and isinstance(given, list):
            return _several(given, get_args(option)[0], before or (), path)
    if timedelta in options:
        found = _DURATION.fullmatch(given) if isinstance(given, str) else None
        require(found is not None, path, "be a duration such as `6 h` or `30 d`", given)
        assert found is not None
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    return given


def _part(
    given: Mapping[str, Any], kinds: Mapping[str, Any], before: Any, path: str
) -> Any:
    name = given.get(_KIND, type(before).__name__)
    law = f"have a `{_KIND}` among {', '.join(kinds)}"
    require(name in kinds, path, law, None if name == "NoneType" else name)
    if type(before).__name__ == name:
        return _overlaid(before, given, path)
    return _made(kinds[name], given, path)


def _several(given: list[Any], kind: Any, before: tuple[Any, ...], path: str) -> Any:
    if not is_dataclass(kind):
        return tuple(given)
    found = []
    known = {item.name: item for item in before}
    for table in given:
        fits = isinstance(table, Mapping) and isinstance(table.get("name"), str)
        require(fits, path, "hold tables, each with a name", table)
        name = table["name"]
        one = f"{path}.{name}"
        found.append(
            _overlaid(known[name], table, one) if name in known else _made(kind, table, one)
        )
    return tuple(found)


def _made(kind: Any, given: Mapping[str, Any], path: str) -> Any:
    """A part of another kind than before, which must be given whole."""
    declared = get_type_hints(kind)
    values = {}
    for name, value in given.items():
        if name != _KIND:
            _require_field(kind, name, path)
            values[name] = _value(value, declared[name], None, f"{path}.{name}")
    try:
        return kind(**values)
    except TypeError as error:
        raise refusal(path, f"be a whole `{kind.__name__}`", values, str(error)) from error


def _require_field(kind: type, name: str, path: str) -> None:
    known = [field.name for field in fields(kind)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}."
    require(name in known, f"{path}.{name}", "be a setting", name, hint)
