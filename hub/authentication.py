"""Who may sign in, and who is an admin."""

from functools import partial

from traitlets.config import Config

from hub.announcements import Banner, Noticeboard
from hub.choices import Entra, GitHub, Google, OpenIdConnect, Password, SingleSignOn
from hub.database import connect
from hub.secret_files import read_secret, read_secrets
from hub.settings import Settings
from hub.sign_on.questions import extra_parameters, scopes_of
from hub.suspension.watch import SuspensionWatch

__all__ = ["apply_authentication"]


def apply_authentication(c: Config, settings: Settings) -> None:
    """Sign-in by the way the settings choose; the admins are those they name."""
    c.Authenticator.admin_users = set(settings.admins)
    match settings.login:
        case Password() as login:
            _apply_password(c, settings, login)
        case SingleSignOn() as login:
            _apply_single_sign_on(c, settings, login)
    # The newest encrypts; older ones still decrypt, until everybody was asked about again.
    keys = read_secrets(settings, "state_key")
    c.CryptKeeper.keys = [bytes.fromhex(key) for key in keys]


def _apply_password(c: Config, settings: Settings, login: Password) -> None:
    c.JupyterHub.authenticator_class = "hub.local_password.LocalPasswordAuthenticator"
    c.SharedPasswordAuthenticator.user_password = read_secret(settings, login.user_password)
    c.SharedPasswordAuthenticator.admin_password = read_secret(
        settings, login.admin_password
    )
    c.Authenticator.allow_all = True
    c.LocalPasswordAuthenticator.suspensions = SuspensionWatch(partial(connect, settings))
    c.JupyterHub.template_vars = _told(
        settings,
        "Any name will do. The password is shown in the terminal "
        "where this hub was started.",
    )


def _apply_single_sign_on(c: Config, settings: Settings, login: SingleSignOn) -> None:
    c.JupyterHub.authenticator_class = "hub.sign_on.authenticator.SignOnAuthenticator"
    c.SignOnAuthenticator.settings = settings
    c.SignOnAuthenticator.login_service = _title(login)
    c.SignOnAuthenticator.client_id = login.client_id
    # Never guessed from a request, whose `Host` anybody can write.
    c.SignOnAuthenticator.oauth_callback_url = f"{settings.url}/hub/oauth_callback"
    c.SignOnAuthenticator.scope = scopes_of(login)
    c.SignOnAuthenticator.extra_authorize_params = extra_parameters(login)
    c.SignOnAuthenticator.enable_pkce = True
    c.Authenticator.manage_groups = True
    c.Authenticator.enable_auth_state = True
    c.Authenticator.auth_refresh_age = max(1, int(login.refresh_every.total_seconds()))
    c.Authenticator.refresh_pre_spawn = True
    c.JupyterHub.template_vars = _told(settings)


def _title(login: SingleSignOn) -> str:
    match login.provider:
        case OpenIdConnect(issuer=issuer):
            return issuer.partition("://")[2].partition("/")[0]
        case Entra():
            return "Microsoft"
        case Google():
            return "Google"
        case GitHub():
            return "GitHub"


def _told(settings: Settings, at_sign_in: str = "") -> dict[str, object]:
    """What every page is told: announcements, of which the sign-in may say more."""
    board = Noticeboard(partial(connect, settings))
    return {
        "may_share": settings.sharing is not None,
        "announcement": Banner(board),
        "announcement_login": Banner(board, always=at_sign_in),
    }
