"""Two hubs of one environment: one is active, the other waits, ready to be it at once.

Only one JupyterHub may work with a database. So a hub becomes JupyterHub when it holds a
lock in that database, and not before; and it is nothing any more when it has lost it.
"""

from hub.standby.hubs import Hub, Hubs, hubs
from hub.standby.lock import LOST, HubLock, describe

__all__ = ["LOST", "Hub", "HubLock", "Hubs", "describe", "hubs"]
