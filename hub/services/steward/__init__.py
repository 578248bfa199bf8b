"""The steward: looks every minute after what the hub doesn't look after by itself.

It charges running servers, holds budgets and lifetimes, and keeps the audit log in order.
"""

from hub.services.steward.rounds import Steward
from hub.services.steward.running import serve

__all__ = ["Steward", "serve"]
