"""The laws of a bucket for reports' files, and how what opens it reaches the service."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from hub import SettingsError
from hub.choices import ObjectStore, Reports
from hub.environments import load
from hub.services import reports_command, reports_variables
from hub.settings import Settings


def keeping(**changes: Any) -> Settings:
    """Development with its files in a bucket of this machine."""
    settings = load("development", {})
    place = ObjectStore(
        endpoint="http://127.0.0.1:9000", bucket="mc-reports", region="eu-1"
    )
    reports = replace(settings.reports, store=replace(place, **changes))
    return replace(settings, reports=reports)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prefix": "a/b"},
        {"endpoint": "https://s3.example.org"},
        {"endpoint": "https://s3.example.org:9000"},
    ],
)
def test_a_bucket_may_be_here_or_elsewhere(changes: dict[str, str]) -> None:
    assert keeping(**changes).reports.store is not None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"endpoint": "http://s3.example.org"},
            r"development\.reports\.store\.endpoint: must be `https://`, a host and at",
        ),
        ({"endpoint": "https://id:key@s3.example.org"}, r"store\.endpoint: must be"),
        ({"endpoint": "https://s3.example.org/mc"}, r"store\.endpoint: must be"),
        ({"bucket": "MC"}, r"store\.bucket: must be lower-case letters"),
        ({"region": ""}, r"store\.region: must be lower-case letters"),
        ({"prefix": "/mc"}, r"store\.prefix: must be lower-case letters"),
        ({"prefix": "mc/../x"}, r"store\.prefix: must be lower-case letters"),
        ({"key": "../x"}, r"store\.key: must be lower-case letters"),
    ],
)
def test_what_is_no_bucket_or_is_read_on_the_way_is_refused(
    changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        keeping(**changes)


@pytest.mark.usefixtures("state")
def test_the_service_is_told_the_bucket_and_its_keys_unseen() -> None:
    store = keeping(endpoint="https://s3.example.org").reports.store
    settings = load("staging", {})
    settings = replace(settings, reports=replace(settings.reports, store=store))

    (told,) = (word for word in reports_command(settings) if word.startswith("--allowed="))
    variables = reports_variables(keeping())

    reports = TypeAdapter(Reports).validate_json(told.removeprefix("--allowed="))
    assert reports == settings.reports
    assert variables["MCHUB_STORE_KEY"] not in told
    assert variables["MCHUB_STORE_KEY_ID"] != variables["MCHUB_STORE_KEY"]
    assert "MCHUB_STORE_KEY" not in reports_variables(load("development", {}))
