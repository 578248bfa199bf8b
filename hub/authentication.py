"""Who may sign in, and who is an admin."""

from functools import partial

from traitlets.config import Config

from hub.announcements import Banner, Noticeboard
from hub.choices import Password
from hub.database import connect
from hub.laws import refusal
from hub.secret_files import read_secret
from hub.settings import Settings
from hub.suspension.watch import SuspensionWatch

__all__ = ["apply_authentication"]


def apply_authentication(c: Config, settings: Settings) -> None:
    """Sign-in by the way the settings choose; the admins are those they name."""
    c.Authenticator.admin_users = set(settings.admins)
    match settings.login:
        case Password(user_password=user_password, admin_password=admin_password):
            c.JupyterHub.authenticator_class = (
                "hub.local_password.LocalPasswordAuthenticator"
            )
            c.SharedPasswordAuthenticator.user_password = read_secret(
                settings, user_password
            )
            c.SharedPasswordAuthenticator.admin_password = read_secret(
                settings, admin_password
            )
            c.Authenticator.allow_all = True
            c.LocalPasswordAuthenticator.suspensions = SuspensionWatch(
                partial(connect, settings)
            )
            c.JupyterHub.template_vars = _banners(
                settings,
                "Any name will do. The password is shown in the terminal "
                "where this hub was started.",
            )
        case other:
            path = f"{settings.name}.login"
            raise refusal(path, "be `Password` for a hub started by this version", other)


def _banners(settings: Settings, at_sign_in: str = "") -> dict[str, object]:
    """Announcements on every page; the page of the sign-in may say more."""
    board = Noticeboard(partial(connect, settings))
    return {
        "announcement": Banner(board),
        "announcement_login": Banner(board, always=at_sign_in),
    }
