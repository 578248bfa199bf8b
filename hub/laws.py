"""The words in which a setting is refused: its path, the law, your value, the way out.

Nothing here knows what a hub is. Every function takes a path and a value, and returns
nothing when the value keeps the law.
"""

import ipaddress
import math
import re
from dataclasses import is_dataclass
from datetime import timedelta
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

__all__ = [
    "SettingsError",
    "is_loopback",
    "n_bytes",
    "refusal",
    "require",
    "require_address",
    "require_bytes",
    "require_declared_types",
    "require_duration",
    "require_endpoint",
    "require_name",
    "require_names",
    "require_parts",
    "require_port",
    "require_positive",
    "require_server",
    "require_subnet",
    "require_text",
    "size_text",
]


class SettingsError(ValueError):
    """A setting, a secret or the machine does not allow this hub to start."""


def refusal(path: str, law: str, value: object, hint: str = "") -> SettingsError:
    """Error saying that the value at `path` must keep `law`.

    Parameters
    ----------
    path : str
        Where the value stands, as in ``staging.server.limits.cpus``.
    law : str
        The law, to be read after "must".
    value : object
        The value found; a dataclass is named by its type, anything else shown as is.
    hint : str, default ""
        One concrete thing to do, if there is one that is certain to help.

    Returns
    -------
    SettingsError
        To be raised.

    Examples
    --------
    >>> print(refusal("staging.debug", "be False", True, "leave it out."))
    staging.debug: must be False; got True.
    hint: leave it out.
    """
    shown = f"`{type(value).__name__}`" if is_dataclass(value) else repr(value)
    message = f"{path}: must {law}; got {shown}."
    return SettingsError(f"{message}\nhint: {hint}" if hint else message)


def require(claim: bool, path: str, law: str, value: object, hint: str = "") -> None:
    """Raise the `refusal` of the value at `path` unless `claim` holds."""
    if not claim:
        raise refusal(path, law, value, hint)


def require_declared_types(path: str, holder: Any) -> None:
    """Refuse a dataclass with a field, at any depth, that is not what it is declared."""
    for field, declared in get_type_hints(type(holder)).items():
        value, options = getattr(holder, field), _options(declared)
        names = [
            f"`{'None' if option is NoneType else option.__name__}`" for option in options
        ]
        fits = any(_is_instance(value, option) for option in options)
        require(fits, f"{path}.{field}", f"be {' or '.join(names)}", value)
        if is_dataclass(value):
            require_declared_types(f"{path}.{field}", value)


def _options(declared: Any) -> list[type]:
    options = get_args(declared) if isinstance(declared, UnionType) else (declared,)
    return [get_origin(option) or option for option in options]


def _is_instance(value: object, option: type) -> bool:
    if isinstance(value, bool):
        return option is bool
    return isinstance(value, int | float if option is float else option)


def require_text(path: str, value: str) -> None:
    """Refuse an empty string."""
    require(bool(value.strip()), path, "be a text", value)


def require_name(path: str, value: str) -> None:
    """Refuse all but a name safe in a URL, a file name and a table."""
    law = "be lower-case letters, digits, dots, hyphens and underscores, a letter first"
    require(re.fullmatch(r"[a-z][a-z0-9._-]*", value) is not None, path, law, value)


def require_names(path: str, values: tuple[str, ...], *, at_least: int = 0) -> None:
    """Refuse all but different names, `at_least` so many."""
    require(all(isinstance(value, str) for value in values), path, "hold names", values)
    require(len(values) >= at_least, path, f"hold at least {at_least} name", values)
    require(len(set(values)) == len(values), path, "hold each name once", values)
    for value in values:
        require_name(path, value)


def require_parts(
    path: str, values: tuple[Any, ...], kind: type, *, at_least: int = 0
) -> None:
    """Refuse all but parts of one kind, `at_least` so many, each named once.

    Each part keeps its own laws too, at the path that ends in its name.
    """
    fits = all(isinstance(value, kind) for value in values)
    require(fits, path, f"hold `{kind.__name__}` and nothing else", values)
    require(len(values) >= at_least, path, f"hold at least {at_least}", values)
    names = tuple(value.name for value in values)
    require(len(set(names)) == len(names), path, "hold each name once", names)
    for value in values:
        require_declared_types(f"{path}.{value.name}", value)
        value.check(f"{path}.{value.name}")


def require_port(path: str, value: int) -> None:
    """Refuse all but a TCP port number."""
    require(1 <= value <= 65535, path, "be a port between 1 and 65535", value)


def require_address(path: str, value: str) -> None:
    """Refuse all but a mail address."""
    before, _, after = value.partition("@")
    fits = bool(before) and bool(after) and "@" not in after
    require(fits, path, "be a mail address", value)


def require_server(path: str, value: str) -> None:
    """Refuse all but a host and a port."""
    host, _, port = value.partition(":")
    law = "be a host and a port, as `smtp.example.org:587`"
    require(bool(host) and port.isdigit(), path, law, value)


def require_endpoint(path: str, value: str, *, on_this_machine: bool = False) -> None:
    """Refuse all but a bare `https://` address, or, where it may be, a local `http://`."""
    parts = urlsplit(value)
    law, schemes = "be `https://`, a host and at most a port", {"https"}
    if on_this_machine:
        law += "; `http://` for this machine alone"
        schemes |= {"http"} if is_loopback(parts.hostname) else set()
    bare = f"{parts.scheme}://{parts.netloc}"
    fits = bool(parts.hostname) and "@" not in parts.netloc and value == bare
    require(fits and parts.scheme in schemes, path, law, value)


def require_positive(path: str, value: float) -> None:
    """Refuse all but a finite number above zero."""
    require(math.isfinite(value) and value > 0, path, "be a number above 0", value)


def require_bytes(path: str, value: str) -> None:
    """Refuse all but a size such as ``512M``, ``4G`` or ``1T``."""
    fits = re.fullmatch(r"[1-9][0-9]*[MGT]", value) is not None
    require(fits, path, "be a size such as `512M`, `4G` or `1T`", value)


def n_bytes(value: str) -> int:
    """Bytes of a size that `require_bytes` accepts.

    Examples
    --------
    >>> n_bytes("4G")
    4294967296
    """
    unit: int = 1024 ** ("MGT".index(value[-1]) + 2)
    return int(value[:-1]) * unit


def size_text(count: int) -> str:
    """Bytes as people read them, in the units of `n_bytes`; never more than there are.

    Examples
    --------
    >>> size_text(n_bytes("1G") - 1), size_text(n_bytes("50G")), size_text(5_000_000)
    ('1023 MB', '50 GB', '4.7 MB')
    >>> size_text(0), size_text(30_000)
    ('0 MB', '29.2 KB')
    """
    power = next((power for power in (4, 3, 2) if count >= 1024**power), 1 if count else 2)
    tenths = 10 * count // 1024**power
    number = str(tenths // 10) if tenths >= 1000 or tenths % 10 == 0 else f"{tenths / 10}"
    return f"{number} {'KMGT'[power - 1]}B"


def require_subnet(path: str, value: str) -> None:
    """Refuse all but private IPv4 addresses, enough for some hundred containers."""
    try:
        network = ipaddress.IPv4Network(value)
        fits = network.is_private and network.prefixlen <= 22
    except ValueError:
        fits = False
    law = "be a private IPv4 network of at least 1,024 addresses, such as `10.203.48.0/20`"
    require(fits, path, law, value)


def require_duration(path: str, value: timedelta) -> None:
    """Refuse all but a duration above zero."""
    require(value > timedelta(0), path, "be longer than nothing", str(value))


def is_loopback(host: str | None) -> bool:
    """Whether `host` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
