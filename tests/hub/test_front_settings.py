"""Laws of the front: what needs one, and where it listens."""

from datetime import timedelta
from typing import Any

import pytest

from hub import SettingsError, load
from hub.choices import FullHeaders
from hub.settings import Settings
from tests.hub.test_settings import changed

DEVELOPMENT, STAGING, PRODUCTION = (
    load(name, {}) for name in ("development", "staging", "production")
)
REFUSALS = [
    (
        STAGING,
        {"front__redirect_port": 8443},
        "staging.front.redirect_port: must be a port that `url` doesn't name",
    ),
    (
        STAGING,
        {"front__redirect_port": None},
        "staging.front.redirect_port: must be a port that `url` doesn't name",
    ),
    (STAGING, {"front__redirect_port": 70_000}, "staging.front.redirect_port: must be"),
    (
        DEVELOPMENT,
        {"front__requests_per_second": 5},
        "front.requests_per_second: must be None where `tls` is `NoTls`",
    ),
    (
        DEVELOPMENT,
        {"front__redirect_port": 80},
        "front.redirect_port: must be None where `tls` is `NoTls`",
    ),
    (
        DEVELOPMENT,
        {"front__headers": FullHeaders(hsts=timedelta(days=1), hsts_preload=False)},
        "front.headers: must be `BasicHeaders` where `tls` is `NoTls`",
    ),
    (
        PRODUCTION,
        {"tls__directory": "http://acme.example.org/dir"},
        "production.tls.directory: must be an `https://` address",
    ),
    (PRODUCTION, {"tls__ca_bundle": "ca.pem"}, "tls.ca_bundle: must be an absolute path"),
]


@pytest.mark.parametrize(("settings", "changes", "sentence"), REFUSALS)
def test_a_setting_that_breaks_a_law_is_refused(
    settings: Settings, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        changed(settings, **changes)

    assert sentence in str(refused.value)
