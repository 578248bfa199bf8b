"""Where hub and proxy listen, and how they find each other.

The proxy is a process of its own, with its own lifetime: a hub that ends or restarts cuts
nobody's connection.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from aiohttp import ClientTimeout
from traitlets.config import Config

from hub.addresses import front_address
from hub.choices import Container, LocalProcess, NoTls, Pod
from hub.laws import refusal
from hub.release import COLORS, color
from hub.secret_files import read_secret
from hub.settings import Settings

__all__ = [
    "ADMIN_PORT",
    "EXPORTER_PORT",
    "PROXY_API_PORT",
    "PROXY_PORT",
    "PROXY_SOCKET",
    "REPORTS_PORT",
    "SYNTHETIC_PORT",
    "admin_port",
    "admin_url",
    "api_url",
    "apply_network",
    "fronts",
    "hub_addresses",
    "hub_url",
    "listening_at",
    "proxy_api_url",
    "proxy_arguments",
    "proxy_url",
    "public_way",
    "reports_port",
    "reports_url",
    "servers_hub_url",
]


PROXY_PORT: Final = 8000
"""Port of the proxy in its container; what people type is mapped to it."""

FRONT_PORT: Final = 8443
"""Port of the front in its container, where there is TLS."""

ADMIN_PORT: Final = 9092
"""Port of the admin service in its container."""

REPORTS_PORT: Final = 9093
"""Port of the reports service in its container."""

EXPORTER_PORT: Final = 9200
"""Port of the exporter's metrics in its container."""

SYNTHETIC_PORT: Final = 9201
"""Port of the synthetic check's metrics in its container."""

PROXY_SOCKET: Final = "/run/proxy/api.sock"
"""Where the proxy's container is told its routes: no network leads there."""

PROXY_API_PORT: Final = 8001
"""Where the proxy is told its routes in a cluster, whose pods share no socket."""


def hub_url(settings: Settings) -> str:
    """Address at which the platform's parts reach the hub.

    From containers it leads through the proxy, which knows which of two hubs is the active
    one.
    """
    return proxy_url(settings) if _is_contained(settings) else _own_hub_url(settings, "")


def hub_addresses(settings: Settings) -> Sequence[str]:
    """Addresses at which the hub listens, or one of two does, without the proxy."""
    colors = COLORS if _is_contained(settings) else ("",)
    return [_own_hub_url(settings, each) for each in colors]


def _own_hub_url(settings: Settings, own_color: str) -> str:
    host = _host(settings, f"hub-{own_color}" if own_color else "hub")
    return f"http://{host}:{_port(settings, 'hub_port')}"


def proxy_url(settings: Settings) -> str:
    """Address at which the platform's parts and users' servers reach the proxy."""
    port = PROXY_PORT if _is_contained(settings) else settings.port
    return f"http://{_host(settings, 'proxy')}:{port}"


def fronts(settings: Settings) -> Sequence[str]:
    """Addresses of what stands before the proxy and speaks for whom it lets in."""
    runs_as = settings.server.runs_as
    if isinstance(settings.tls, NoTls) or not isinstance(runs_as, Container):
        return ()
    return (front_address(runs_as.subnet),)


def public_way(settings: Settings) -> tuple[str, int] | None:
    """Host and port of the public address, seen from a container.

    None on one machine, where the name itself leads there.
    """
    if not isinstance(settings.server.runs_as, Container):
        return None
    if isinstance(settings.tls, NoTls):
        return "proxy", PROXY_PORT
    return "front", FRONT_PORT


def servers_hub_url(settings: Settings) -> str:
    """Address at which users' servers reach the hub.

    From containers it leads through the proxy, so that it follows the hub wherever it goes.
    """
    return proxy_url(settings) if _is_contained(settings) else hub_url(settings)


def proxy_api_url(settings: Settings) -> str:
    """Address at which the hub tells the proxy its routes."""
    match settings.server.runs_as:
        case Container():
            return f"http+unix://{quote(PROXY_SOCKET, safe='')}"
        case Pod():
            return f"http://proxy-api:{PROXY_API_PORT}"
    return f"http://{settings.network.address}:{_port(settings, 'proxy_api_port')}"


def api_url(settings: Settings) -> str:
    """Address of the platform's API, without the path."""
    return f"http://{_host(settings, 'platform-api')}:{settings.network.api_port}"


def admin_url(settings: Settings) -> str:
    """Address at which the proxy reaches the admin service."""
    return f"http://{_host(settings, 'admin')}:{admin_port(settings)}"


def admin_port(settings: Settings) -> int:
    """Port of the admin service: in its container always the same."""
    return ADMIN_PORT if _is_contained(settings) else _port(settings, "admin_port")


def reports_url(settings: Settings) -> str:
    """Address at which the proxy reaches the reports service."""
    return f"http://{_host(settings, 'reports')}:{reports_port(settings)}"


def reports_port(settings: Settings) -> int:
    """Port of the reports service: in its container always the same."""
    return REPORTS_PORT if _is_contained(settings) else _port(settings, "reports_port")


def listening_at(settings: Settings, port: int) -> str:
    """Address at which a part of the platform listens: all of its container's own."""
    address = "0.0.0.0" if _is_contained(settings) else settings.network.address
    return f"http://{address}:{port}"


def _host(settings: Settings, part: str) -> str:
    """Name of a part of the platform: its container's, or the machine's own address."""
    return part if _is_contained(settings) else settings.network.address


def _is_contained(settings: Settings) -> bool:
    """Whether each part has a container and a name of its own, on one host or in pods."""
    return not isinstance(settings.server.runs_as, LocalProcess)


def _port(settings: Settings, field: str) -> int:
    port: int | None = getattr(settings.network, field)
    if port is None:
        path, hint = (
            f"{settings.name}.network.{field}",
            "`python -m hub run` picks free ports.",
        )
        raise refusal(path, "be a port by now", port, hint)
    return port


def proxy_arguments(settings: Settings) -> Sequence[str]:
    """Arguments with which configurable-http-proxy serves these settings."""
    address = settings.network.address
    return (
        f"--ip={address}",
        f"--port={settings.port}",
        f"--api-ip={address}",
        f"--api-port={_port(settings, 'proxy_api_port')}",
        f"--error-target={hub_url(settings)}/hub/error",
    )


def apply_network(c: Config, settings: Settings) -> None:
    """Addresses, routes, headers and time limits of hub and proxy."""
    c.JupyterHub.bind_url = proxy_url(settings)
    c.JupyterHub.hub_bind_url = listening_at(settings, _port(settings, "hub_port"))
    c.JupyterHub.hub_connect_url = _own_hub_url(settings, color())
    if _is_contained(settings):
        c.JupyterHub.public_url = settings.url
    c.JupyterHub.trusted_downstream_ips = list(fronts(settings))
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = proxy_api_url(settings)
    c.ConfigurableHTTPProxy.auth_token = read_secret(settings, "proxy_token")
    c.Proxy.extra_routes = {"/api/": api_url(settings)}
    # Without a limit of its own this client waits 300 s for a server that accepts a
    # connection and never answers, and `Spawner.http_timeout` is not kept.
    c.JupyterHubHTTPClient.session_options = {"timeout": ClientTimeout(total=20)}
    c.JupyterHub.tornado_settings = {
        "headers": _headers(settings),
        # A cookie goes along when somebody follows a link, never with another site's
        # request.
        "cookie_options": {"samesite": "Lax"},
        # The progress page at once: a server that ends between this time and its time to
        # answer gives a bare 500 instead of its reason.
        "slow_spawn_timeout": 0,
    }


def _headers(settings: Settings) -> dict[str, str]:
    """Headers of the hub's answers; a front sets its own, and each comes once."""
    if fronts(settings):
        return {}
    headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    if "*" in settings.front.origins:
        # Never with credentials: a page from elsewhere must bring a token of its own.
        headers["Access-Control-Allow-Origin"] = "*"
    return headers
