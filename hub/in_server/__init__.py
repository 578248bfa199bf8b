"""What runs inside a user's server: an extension of Jupyter Server that knows the hub.

It tells the hub of work that prints nothing, and the user of notices, ends what guests have
open when they may no longer come in, and publishes notebooks as reports. A server that is
an app, or the run of a report, is a program of its own: `app`, `report_server`.
It needs nothing but Jupyter Server, so that an image can carry it by itself.
"""

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "hub.in_server"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from hub.in_server.heartbeat import watch_heartbeat
    from hub.in_server.publishing import serve_publishing
    from hub.in_server.runs import watch_runs
    from hub.in_server.shared_access import watch_guests
    from hub.in_server.tickets import serve_tickets

    watch_heartbeat(serverapp)
    watch_runs(serverapp.log)
    serve_tickets(serverapp)
    watch_guests(serverapp)
    serve_publishing(serverapp)
