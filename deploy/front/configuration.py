"""From settings to the front's configuration: nginx's file, and the pages of its own."""

import re
from pathlib import Path
from typing import Final

from deploy.front.headers import headers
from deploy.front.pages import pages
from hub.choices import Acme
from hub.laws import refusal
from hub.settings import Settings

__all__ = ["BURST_SECONDS", "UPLOAD", "ca_file", "files", "nginx_configuration"]

_HERE: Final = Path(__file__).parent

BURST_SECONDS: Final = 4
"""How many seconds' worth of requests may come at once.

A start of JupyterLab takes 69 to 83 requests, 54 of them in one second.
"""

UPLOAD: Final = "64m"
"""The largest request to a user's server. JupyterLab sends larger files in pieces, and a
notebook, outputs and all, in one."""

_MOUNTED_AT: Final = "/etc/mchub/front"
_CA_FILE: Final = "acme-ca.pem"
_CONNECTIONS_WITHOUT_RATE: Final = 400
_SCRIPTS: Final = ("start-front.sh", "issue-certificates.sh")


def files(settings: Settings) -> dict[str, str]:
    """What the containers of the front mount: each file's text by its name."""
    found = {"nginx.conf": nginx_configuration(settings)}
    found |= {name: (_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS}
    if ca_file(settings):
        found[_CA_FILE] = _ca_bundle(settings)
    return found | {f".front/{name}": text for name, text in pages().items()}


def ca_file(settings: Settings) -> str:
    """Where the container finds the authorities that the ACME server is known by.

    Nothing where those of the world are meant.
    """
    is_own = isinstance(settings.tls, Acme) and settings.tls.ca_bundle is not None
    return f"{_MOUNTED_AT}/{_CA_FILE}" if is_own else ""


def _ca_bundle(settings: Settings) -> str:
    assert isinstance(settings.tls, Acme)
    named = str(settings.tls.ca_bundle)
    try:
        return Path(named).read_text(encoding="utf-8")
    except OSError as error:
        law = "name a file that can be read"
        raise refusal(f"{settings.name}.tls.ca_bundle", law, named) from error


def nginx_configuration(settings: Settings) -> str:
    """`nginx.conf` of this folder, its marks replaced by what the settings say.

    Parameters
    ----------
    settings : Settings
        With `tls` other than `NoTls`; without TLS there is no front.
    """
    front = settings.front
    by_mark = {
        "environment": settings.name,
        "url": settings.url,
        "host": settings.address.hostname or "",
        "port": str(settings.port),
        "upload": UPLOAD,
        "connections": str(
            BURST_SECONDS * (front.requests_per_second or _CONNECTIONS_WITHOUT_RATE // 4)
        ),
        "rates": _rates(front.requests_per_second),
        "headers": _header_lines(settings),
        "hidden": "\n".join(f"proxy_hide_header {name};" for name in _names(settings)),
        "origins": _origins(front.origins),
    }
    template = (_HERE / "nginx.conf").read_text(encoding="utf-8")
    lines: list[str] = []
    for line in template.splitlines():
        filled = re.sub(r"@(\w+)@", lambda mark: by_mark[mark[1]], line)
        indent = line[: len(line) - len(line.lstrip())]
        if filled.strip() or not line.strip():
            lines.append(filled.replace("\n", f"\n{indent}"))
    return "\n".join(lines) + "\n"


def _rates(per_second: int | None) -> str:
    if per_second is None:
        return ""
    burst = BURST_SECONDS * per_second
    return "\n".join(
        f"limit_req_zone ${key} zone={zone}:10m rate={per_second}r/s;\n"
        f"limit_req zone={zone} burst={burst} nodelay;"
        for key, zone in (("page_client", "pages"), ("api_client", "api"))
    )


def _names(settings: Settings) -> list[str]:
    # A policy of those behind the front stays beside ours: browsers hold a page to both.
    return [name for name in headers(settings) if name != "Content-Security-Policy"]


def _header_lines(settings: Settings) -> str:
    """A map for each header that isn't the same everywhere, and the headers."""
    maps: list[str] = []
    added: list[str] = []
    for name, by_surface in headers(settings).items():
        value = f'"{by_surface["default"]}"'
        if len(by_surface) > 1:
            variable = name.lower().replace("-", "_")
            rows = (f'    {surface} "{text}";' for surface, text in by_surface.items())
            maps += [f"map $surface ${variable} {{", *rows, "}"]
            value = f"${variable}"
        if name == "Content-Security-Policy":
            maps += [
                "# A service that has a whole policy of its own keeps it.",
                'map "$surface $upstream_http_content_security_policy" $policy {',
                f"    default {value};",
                '    "~^service .*default-src" "";',
                "}",
            ]
            value = "$policy"
        added.append(f"add_header {name} {value} always;")
    return "\n".join([*maps, *added])


def _origins(origins: tuple[str, ...]) -> str:
    if "*" in origins:
        return 'default "*";'
    rows = (f'"{origin}" "{origin}";' for origin in origins)
    return "\n".join(['default "";', *rows])
