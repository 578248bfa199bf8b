"""Addresses of apps that are the same for everybody: ``/hub/apps/option-desk``."""

from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import url_escape_path, url_path_join
from tornado.httputil import url_concat
from tornado.web import authenticated

__all__ = ["app_handlers"]


def app_handlers() -> list[tuple[Any, ...]]:
    """The addresses, by the name of the notebook."""
    return [(r"/apps/([a-z0-9-]+)", AppHandler)]


class AppHandler(BaseHandler):  # type: ignore[misc]
    """Whoever follows the link gets the app in a server of their own."""

    @authenticated
    def get(self, app: str) -> None:
        """Go to the server of that name, which is started where it doesn't run."""
        user = url_escape_path(self.current_user.name)
        page = url_path_join(self.hub.base_url, "spawn", user, app)
        self.redirect(url_concat(page, {"opt-app": app}))
