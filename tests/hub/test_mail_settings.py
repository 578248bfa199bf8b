"""The laws of mails about reports: what is refused, and in which words."""

from dataclasses import replace
from typing import Any

import pytest

from hub import SettingsError
from hub.choices import Mails, SingleSignOn
from hub.environments import load
from hub.services import reports_variables
from hub.settings import Settings

SCOPES = ("openid", "email", "offline_access")


def telling(scopes: tuple[str, ...] = SCOPES, **changes: Any) -> Settings:
    """Staging with mails; its provider tells addresses."""
    settings = load("staging", {})
    assert isinstance(settings.login, SingleSignOn)
    provider = replace(settings.login.provider, scopes=scopes)  # type: ignore[call-arg]
    mails = Mails(sender="mc@example.org", server="smtp.example.org:587")
    return replace(
        settings,
        login=replace(settings.login, provider=provider),
        reports=replace(settings.reports, mails=replace(mails, **changes)),
    )


def test_mails_go_out_where_a_site_names_a_server() -> None:
    assert telling(user="mc").reports.mails is not None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"scopes": ("openid",)},
            "scopes: must hold `email` where `reports.mails`",
        ),
        ({"sender": "mc"}, r"staging\.reports\.mails\.sender: must be a mail address; got"),
        ({"server": "smtp"}, r"reports\.mails\.server: must be a host and a port, as"),
        ({"password": "A b"}, r"reports\.mails\.password: must be lower-case letters"),
        (
            {"user": "mc", "encrypted": False},
            r"reports\.mails\.encrypted: must be True where `user` signs in",
        ),
    ],
)
def test_mails_that_would_reach_nobody_or_tell_a_password_are_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        telling(**changes)


@pytest.mark.usefixtures("state")
def test_the_password_goes_to_the_service_unseen() -> None:
    development = load("development", {})
    mails = Mails(sender="mc@example.org", server="smtp.example.org:587", user="mc")
    sending = replace(development, reports=replace(development.reports, mails=mails))

    assert "MCHUB_SMTP_PASSWORD" not in reports_variables(development)
    assert reports_variables(sending)["MCHUB_SMTP_PASSWORD"]
