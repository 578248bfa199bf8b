"""Configuration of the hub in `container_hub`: rehearsal, on this machine's own ports."""

import os

from hub import configure
from tests.integration.container_hub import settings_of

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub provides it
configure(c, settings_of(os.environ))
# The parts of a deployment find each other by the names of their containers; here they are
# processes of this machine, which containers reach at the gateway of their network.
c.JupyterHub.bind_url = os.environ["TEST_PROXY"]
c.JupyterHub.hub_bind_url = os.environ["TEST_HUB"]
c.JupyterHub.hub_connect_url = os.environ["TEST_HUB"]
c.JupyterHub.public_url = ""
c.ConfigurableHTTPProxy.api_url = os.environ["TEST_PROXY_API"]
c.Spawner.hub_connect_url = os.environ["TEST_PROXY"]
c.Proxy.extra_routes = {}
c.Spawner.poll_interval = 1
