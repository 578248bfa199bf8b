"""New tokens for old ones, so that neither a restart nor a crash of the hub loses them.

A token to renew with may work only once, and using it twice may end the whole sign-in. So
what replaces it is kept before anything else is done; a hub that is told to end finishes
what is on its way; and one that was killed in between asks with the other token first.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

from tornado.httpclient import HTTPClientError

from hub.sign_on.questions import Questions, known
from hub.sign_on.verdicts import Out, verdict_of

__all__ = ["FINISH_WITHIN", "finish_first", "renewed_claims"]

FINISH_WITHIN: Final = 8.0
"""Seconds for which a hub that is told to end waits for the provider."""

_ON_ITS_WAY: Final = "is_renewing"
_NO_STATUS: Final = 599


async def renewed_claims(
    questions: Questions, user: Any, state: Mapping[str, Any]
) -> dict[str, Any]:
    """What the provider says about `user` now; the tokens are renewed and kept.

    Raises
    ------
    Exception
        What a question ended with; `verdict_of` says what it means.
    """
    tokens = state["tokens"]
    if state.get(_ON_ITS_WAY):
        # Perhaps used, perhaps not; while the other one is accepted nobody need know.
        try:
            return await questions.claims(known(tokens))
        except HTTPClientError as error:
            if not isinstance(verdict_of(error), Out):
                raise
    await user.save_auth_state({**state, _ON_ITS_WAY: True})
    try:
        tokens = await questions.refreshed(tokens)
    except Exception as error:
        if _was_answered(error):
            await user.save_auth_state({**state, _ON_ITS_WAY: False})
        raise
    await user.save_auth_state({**state, "tokens": tokens, _ON_ITS_WAY: False})
    return await questions.claims(tokens)


def _was_answered(error: Exception) -> bool:
    """Whether it is certain that a token which brought this error was not used up."""
    if isinstance(error, HTTPClientError):
        return bool(error.code != _NO_STATUS)
    return isinstance(error, ConnectionRefusedError)


def finish_first(app: Any, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have the hub `app` wait for `finish`, for a while, before it ends.

    It cancels all that runs once it has cleaned up, a question to the provider included.
    """
    clean_up = app.cleanup

    async def clean_up_after() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(finish(), FINISH_WITHIN)
        await clean_up()

    app.cleanup = clean_up_after
