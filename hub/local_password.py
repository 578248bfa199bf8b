"""Sign-in with the generated passwords of a hub on one's own machine."""

from typing import Any
from urllib.parse import unquote

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from tornado.web import HTTPError
from traitlets import Instance

from hub import sharing
from hub.suspension.watch import SuspensionWatch
from hub.wished_end import wished_end_handlers

__all__ = ["LocalPasswordAuthenticator", "is_a_name"]


class LocalPasswordAuthenticator(SharedPasswordAuthenticator):  # type: ignore[misc]
    """JupyterHub's shared passwords, with every wrong one refused alike."""

    suspensions = Instance(SuspensionWatch, help="Who may not sign in.").tag(config=True)

    async def authenticate(
        self, handler: Any, data: dict[str, str]
    ) -> dict[str, object] | None:
        """Refuse what no generated password can be, before it is compared.

        The comparison in constant time raises `TypeError` for anything but ASCII, which the
        browser would show as an internal error instead of "Invalid username or password".
        """
        if not is_a_name(data["username"]):
            law = "A name must be 1 to 200 characters that can be seen, without a slash."
            raise HTTPError(403, law)
        if not data["password"].isascii():
            return None
        model: dict[str, object] | None = await super().authenticate(handler, data)
        if model is not None:
            await self.suspensions.refuse(self.normalize_username(data["username"]))
        return model

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """JupyterHub's own; with the app comes its loop, in which the watch runs."""
        # Names that anybody may take have nothing to share.
        sharing.begin(app, None)
        self.suspensions.begin(app)
        handlers: list[tuple[str, type]] = super().get_handlers(app)
        return [*handlers, *wished_end_handlers()]


def is_a_name(text: str) -> bool:
    """Whether a name can be seen for what it is, in a list and in an address.

    Examples
    --------
    >>> is_a_name("Zoë Müller"), is_a_name("a/b"), is_a_name("ada" + chr(0x202E))
    (True, False, False)
    """
    plain = unquote(text).strip()
    fits = text.isprintable() and plain.isprintable() and "/" not in plain
    return fits and 1 <= len(text) <= 200 and plain not in ("", ".", "..")
