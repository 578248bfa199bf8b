"""Where hub and proxy listen, and how they find each other.

The proxy is a process of its own, with its own lifetime: a hub that ends or restarts cuts
nobody's connection.
"""

from collections.abc import Sequence

from aiohttp import ClientTimeout
from traitlets.config import Config

from hub.choices import BasicHeaders
from hub.laws import refusal
from hub.secret_files import read_secret
from hub.settings import Settings

__all__ = ["api_url", "apply_network", "hub_url", "proxy_api_url", "proxy_arguments"]


def hub_url(settings: Settings) -> str:
    """Address at which proxy, servers and services reach the hub."""
    return f"http://{settings.network.address}:{_port(settings, 'hub_port')}"


def proxy_api_url(settings: Settings) -> str:
    """Address at which the hub tells the proxy its routes."""
    return f"http://{settings.network.address}:{_port(settings, 'proxy_api_port')}"


def api_url(settings: Settings) -> str:
    """Address of the platform's API, without the path."""
    return f"http://{settings.network.address}:{settings.network.api_port}"


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
    network = settings.network
    c.JupyterHub.bind_url = f"http://{network.address}:{settings.port}"
    c.JupyterHub.hub_bind_url = hub_url(settings)
    c.JupyterHub.hub_connect_url = hub_url(settings)
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = proxy_api_url(settings)
    c.ConfigurableHTTPProxy.auth_token = read_secret(settings, "proxy_token")
    c.Proxy.extra_routes = {"/api/": api_url(settings)}
    # Without a limit of its own this client waits 300 s for a server that accepts a
    # connection and never answers, and `Spawner.http_timeout` is not kept.
    c.JupyterHubHTTPClient.session_options = {"timeout": ClientTimeout(total=20)}
    c.JupyterHub.tornado_settings = {
        "headers": _headers(settings),
        # The progress page at once: a server that ends between this time and its time to
        # answer gives a bare 500 instead of its reason.
        "slow_spawn_timeout": 0,
    }


def _headers(settings: Settings) -> dict[str, str]:
    match settings.front.headers:
        case BasicHeaders():
            headers = {
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
            }
        case other:
            path = f"{settings.name}.front.headers"
            raise refusal(
                path, "be `BasicHeaders` for a hub started by this version", other
            )
    if "*" in settings.front.origins:
        # Never with credentials: a page from elsewhere must bring a token of its own.
        headers["Access-Control-Allow-Origin"] = "*"
    return headers
