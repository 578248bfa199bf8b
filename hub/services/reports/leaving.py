"""What reports hold of somebody who leaves, besides the reports that are theirs.

A name may be given to somebody else later: nothing that was shared with the one before may
be shared with them, and nobody is told of what the one before wanted to hear.
"""

from sqlalchemy import Engine, delete, func, select

from hub.services.reports.schedule_tables import MAILS
from hub.services.reports.subscriptions import forget
from hub.services.reports.tables import GRANTS, REPORTS

__all__ = ["end_access", "n_reports_of"]


def end_access(engine: Engine, user: str) -> int:
    """End what is shared with a user by name, and what they are told of.

    Mails that wait go unsent. Groups are the hub's, and end there.

    Returns
    -------
    int
        How many reports were shared with them by name.
    """
    is_theirs = GRANTS.c.kind == "user", GRANTS.c.name == user
    waiting = MAILS.c.user_name == user, MAILS.c.state == "waiting"
    with engine.begin() as connection:
        forget(connection, user)
        connection.execute(delete(MAILS).where(*waiting))
        return int(connection.execute(delete(GRANTS).where(*is_theirs)).rowcount)


def n_reports_of(engine: Engine, user: str) -> int:
    """How many reports are a user's own; they stay when the user leaves."""
    found = select(func.count()).where(REPORTS.c.owner == user)
    with engine.connect() as connection:
        return int(connection.scalar(found) or 0)
