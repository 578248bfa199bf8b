"""The front's configuration as text: what the settings say stands in it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.front.configuration import BURST_SECONDS, ca_file, files, nginx_configuration
from deploy.front.headers import headers
from hub import SettingsError, load
from hub.choices import Acme, BasicHeaders
from hub.settings import Settings

STAGING, PRODUCTION = load("staging", {}), load("production", {})
WITH_FRONT = (STAGING, PRODUCTION)

in_each = pytest.mark.parametrize("settings", WITH_FRONT, ids=lambda each: each.name)


def test_no_mark_is_left_unfilled() -> None:
    for settings in WITH_FRONT:
        assert not re.search(r"@\w+@", nginx_configuration(settings))


@in_each
def test_the_rate_is_that_of_the_settings_with_room_for_a_start(settings: Settings) -> None:
    text, rate = nginx_configuration(settings), settings.front.requests_per_second

    for zone in ("pages", "api"):
        assert f"zone={zone}:10m rate={rate}r/s;" in text
        assert f"limit_req zone={zone} burst={BURST_SECONDS * rate} nodelay;" in text
    assert BURST_SECONDS * rate >= 2 * 83


def test_without_a_rate_only_sign_in_is_counted() -> None:
    front = replace(STAGING.front, requests_per_second=None)
    text = nginx_configuration(replace(STAGING, front=front))

    assert re.findall(r"limit_req zone=(\w+)", text) == ["sign_in"]


def test_headers_of_a_front_with_basic_headers_are_two() -> None:
    front = replace(STAGING.front, headers=BasicHeaders())

    found = headers(replace(STAGING, front=front))

    assert list(found) == ["X-Content-Type-Options", "Referrer-Policy"]


def test_strict_transport_is_as_long_as_the_settings_say() -> None:
    found = [headers(each)["Strict-Transport-Security"]["default"] for each in WITH_FRONT]

    assert found == ["max-age=2592000", "max-age=63072000; includeSubDomains; preload"]


@in_each
def test_what_the_front_says_nobody_else_says_besides(settings: Settings) -> None:
    text = nginx_configuration(settings)

    added = set(re.findall(r"^ *add_header ([\w-]+)", text, re.MULTILINE))
    hidden = set(re.findall(r"^ *proxy_hide_header ([\w-]+)", text, re.MULTILINE))

    # Each of these may stand there several times, or is nobody else's.
    several = {"Content-Security-Policy", "Retry-After", "Vary", "X-Request-Id"}
    assert added - several <= hidden


@in_each
def test_no_location_adds_a_header_and_so_drops_the_others(settings: Settings) -> None:
    text = nginx_configuration(settings)

    inside = re.findall(r"^        +add_header", text, re.MULTILINE)

    assert inside == []


def test_the_own_pages_say_the_same_to_people_and_to_programs() -> None:
    found = files(STAGING)

    for name in ("away", "busy", "large"):
        page, told = found[f".front/{name}.html"], json.loads(found[f".front/{name}.json"])
        title = re.search("<h1>(.+)</h1>", page)
        assert title is not None
        assert told["message"].startswith(title[1])
        assert f"Status {told['status']}" in page
    assert '<meta http-equiv="refresh" content="3">' in found[".front/away.html"]


def test_an_authority_of_ones_own_is_handed_to_the_container(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("a certificate\n")
    assert isinstance(PRODUCTION.tls, Acme)
    settings = replace(PRODUCTION, tls=replace(PRODUCTION.tls, ca_bundle=str(bundle)))

    assert files(settings)["acme-ca.pem"] == "a certificate\n"
    assert ca_file(settings) == "/etc/mchub/front/acme-ca.pem"
    assert (ca_file(PRODUCTION), ca_file(STAGING)) == ("", "")


def test_an_authority_that_is_not_there_is_refused_by_the_name_of_the_setting() -> None:
    assert isinstance(PRODUCTION.tls, Acme)
    settings = replace(PRODUCTION, tls=replace(PRODUCTION.tls, ca_bundle="/no/such.pem"))

    with pytest.raises(SettingsError, match=r"tls\.ca_bundle: must name a file"):
        files(settings)
