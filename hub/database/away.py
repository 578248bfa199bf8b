"""Answers of a hub whose database is away: try again, and not *you may not*.

JupyterHub takes a token or cookie that it can't look up for one that is worth nothing, and
refuses with 403. Programs give up on that and people are sent to sign in again, while after
a moment all would be well; 503 says so, and the front holds or repeats what it may.
"""

from typing import Any, ClassVar, Final

from jupyterhub.handlers.base import BaseHandler
from sqlalchemy.exc import SQLAlchemyError
from tornado import web

__all__ = ["told_to_try_again"]

_SENTENCE: Final = "The database does not answer. Try again in a moment."


class _DatabaseAway(web.HTTPError):
    # JupyterHub sends them with the page.
    headers: ClassVar = {"Retry-After": "1"}


class _TellsToTryAgain:
    """Before JupyterHub's own look at who asks, which swallows what goes wrong."""

    async def prepare(self: Any) -> None:
        try:
            await self.get_current_user()
        except SQLAlchemyError as error:
            self.db.rollback()
            # The page of the error asks for these, and must not ask the database again.
            self.expanded_scopes = set[str]()
            self.parsed_scopes = dict[str, Any]()
            raise _DatabaseAway(503, _SENTENCE) from error
        await super().prepare()  # type: ignore[misc]


def told_to_try_again(handlers: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same addresses, whose handlers answer 503 where the database does not.

    Parameters
    ----------
    handlers : list of (str, type, ...)
        As tornado takes them; those that ask nobody who they are stay as they are.
    """
    return [(path, _told(handler), *more) for path, handler, *more in handlers]


def _told(handler: Any) -> Any:
    if not isinstance(handler, type) or not issubclass(handler, BaseHandler):
        return handler
    return type(handler.__name__, (_TellsToTryAgain, handler), {})
