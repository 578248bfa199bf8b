"""Weak secrets, each by the sentence that a deployment says of it."""

import subprocess
from pathlib import Path

import pytest

from deploy.deployer.secret_sources import made_value
from deploy.deployer.secret_strength import (
    digests,
    found_in_git,
    open_files,
    weak_values,
)

KEY = b"of this host"
GOOD = "k7Wq-93hTzVm_Lx0pRcE4uYb"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "must have 24 characters or more; got 0"),
        (GOOD[:23], "must have 24 characters or more; got 23"),
        ("a" * 64, "must not repeat itself"),
        ("0f3a9c71b2e8" * 4, "must not repeat itself"),
        ("0101010101100101010101111010", "must not repeat itself"),
        ("change-me-please-super-secret", "must not be made of words and rows of keys"),
        ("correct-horse-battery-staple", "must not be made of words and rows of keys"),
        (
            "JupyterHub-Production-Password-2026!",
            "must not be made of words and rows of keys",
        ),
        (
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "must not be made of words and rows of keys",
        ),
        ("qwertyuiopasdfghjklzxcvbnm", "must not be made of words and rows of keys"),
    ],
)
def test_a_weak_value_is_told_by_its_law_and_not_by_itself(
    value: str, sentence: str
) -> None:
    [weakness] = weak_values({"cookie_key": value}, {"cookie_key"}, {}, KEY)

    assert str(weakness) == f"cookie_key: {sentence}"


@pytest.mark.parametrize(
    "value",
    [GOOD, "b7Tq-Zm4x_L9wKc2Pf8Rh6Vn", "https://hooks.example.org/T0/B7/9fQx2LmK8vRz"],
)
def test_a_strong_value_is_let_be(value: str) -> None:
    assert weak_values({"cookie_key": value}, {"cookie_key"}, {}, KEY) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("off_site_key_id", "AKIAIOSFODNN7EXAMPLE"), ("smtp_password", "qzrw vkxp nhtj mgdb")],
)
def test_what_others_issue_is_as_long_as_they_make_it(name: str, value: str) -> None:
    # A password of a mail server has no blanks when it is given.
    given = value.replace(" ", "")

    assert weak_values({name: given}, {name}, {}, KEY) == []


def test_a_short_password_of_a_mail_server_is_weak_all_the_same() -> None:
    for value, words in (("hunter2", "12 characters"), ("password1234", "words and rows")):
        [weakness] = weak_values({"smtp_password": value}, {}, {}, KEY)

        assert words in str(weakness)


def test_made_values_are_never_called_weak() -> None:
    values = {f"secret_{number}": made_value() for number in range(2_000)}

    assert weak_values(values, values, {}, KEY) == []


def test_each_of_several_values_is_looked_at() -> None:
    [weakness] = weak_values({"state_key": f"{GOOD} short"}, {}, {}, KEY)

    assert "got 5" in str(weakness)


def test_what_is_needed_and_missing_is_told() -> None:
    [weakness] = weak_values({}, {"cookie_key"}, {}, KEY)

    assert str(weakness) == "cookie_key: is missing"


def test_one_value_for_two_secrets_is_told() -> None:
    values = {"cookie_key": GOOD, "state_key": f"{made_value()} {GOOD}"}

    [weakness] = weak_values(values, values, {}, KEY)

    assert str(weakness) == "state_key: must differ from cookie_key"


def test_another_environments_value_is_told_though_nobody_shows_it() -> None:
    others = {"staging": digests({"proxy_token": GOOD}, KEY)}

    [weakness] = weak_values({"cookie_key": GOOD}, {"cookie_key"}, others, KEY)

    assert str(weakness).startswith("cookie_key: is one of staging's too")
    assert GOOD not in str(others)


def test_files_that_others_may_read_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    for name, mode in (("closed", 0o600), ("group", 0o640), ("world", 0o604)):
        (folder / name).touch()
        (folder / name).chmod(mode)

    assert [weakness.name for weakness in open_files(folder)] == ["group", "world"]
    folder.chmod(0o755)
    assert open_files(folder)[0].name == "secrets"


def test_a_value_that_git_tracks_is_told(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *words], check=True, capture_output=True)

    assert found_in_git({"cookie_key": GOOD}, tmp_path) == []
    git("init", "--quiet")
    (tmp_path / "notes.txt").write_text(f"the key is {GOOD}\n")

    assert found_in_git({"cookie_key": GOOD}, tmp_path) == []
    git("add", "notes.txt")

    [weakness] = found_in_git({"cookie_key": GOOD, "state_key": made_value()}, tmp_path)
    assert str(weakness).startswith("cookie_key: stands in notes.txt")
