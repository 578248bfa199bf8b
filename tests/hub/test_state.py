"""The state folder, what lies in it, and who may read it."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from traitlets.config import Config

from hub import SettingsError, load
from hub.database import apply_database
from hub.secret_files import read_secret
from hub.storage import (
    folder_name,
    home_folder,
    logs_folder,
    state_folder,
    write_whole,
)
from tests.hub.test_settings import changed

DEVELOPMENT = load("development", {})


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_folder_is_made_for_one_account_alone(state: Path) -> None:
    assert state_folder() == state
    assert mode_of(state) == 0o700


def test_a_state_folder_open_to_others_is_refused(state: Path) -> None:
    state.mkdir()
    state.chmod(0o755)

    with pytest.raises(
        SettingsError, match="MCHUB_STATE: must be closed to other accounts"
    ):
        state_folder()


def test_a_state_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCHUB_STATE", str(tmp_path / "file" / "state"))

    with pytest.raises(SettingsError, match="must be a folder that you may write to"):
        state_folder()


def test_a_file_where_a_folder_of_the_state_belongs_is_refused(state: Path) -> None:
    (state_folder() / "logs").write_text("")

    with pytest.raises(SettingsError) as refused:
        logs_folder()

    law, hint = str(refused.value).splitlines()
    assert law == (
        f"MCHUB_STATE: must be a folder that you may write to; got '{state / 'logs'}'."
    )
    assert hint == "hint: File exists"


@pytest.mark.parametrize("name", ["100%", "what?", "no#1", "a b", "%41"])
def test_the_database_lies_in_the_state_folder_whatever_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name
    monkeypatch.setenv("MCHUB_STATE", str(folder))
    c = Config()

    apply_database(c, DEVELOPMENT)

    url = make_url(c.JupyterHub.db_url)
    assert url.database == str(folder / "jupyterhub.sqlite")
    assert not url.query


def test_a_file_of_the_state_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "running.json"
    write_whole(file, "before")
    # No file may grow beyond two bytes, as on a disk that is full.
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from hub.storage import write_whole;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2, 2));"
        "write_whole(Path(sys.argv[1]), 'afterwards')"
    )

    outcome = subprocess.run(
        [sys.executable, "-B", "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "File too large" in outcome.stderr
    assert file.read_text() == "before"
    assert mode_of(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@given(st.text(min_size=1, max_size=300))
def test_any_name_has_a_folder_of_its_own_in_one_place(name: str) -> None:
    folder = folder_name(name)

    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert 0 < len(folder) <= 48
    assert folder == name or "--" in folder


@pytest.mark.parametrize(
    "name", ["..", "../../etc", "a/b", "A", "a b", "x" * 33, "名前", "a--b"]
)
def test_a_name_that_is_not_plain_is_spelled_with_a_digest(name: str) -> None:
    assert "--" in folder_name(name)
    assert folder_name(name) != folder_name(f"{name} ")
    assert home_folder(name).parent == state_folder() / "homes"


def test_a_generated_secret_is_kept_and_for_one_account_alone(state: Path) -> None:
    first = read_secret(DEVELOPMENT, "proxy_token")

    second = read_secret(DEVELOPMENT, "proxy_token")

    assert first == second
    assert len(bytes.fromhex(first)) == 32
    assert mode_of(state / "secrets" / "proxy_token") == 0o600
    assert mode_of(state / "secrets") == 0o700


def test_passwords_can_be_read_from_a_screen_and_never_repeat(
    state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = read_secret(DEVELOPMENT, "user_password")
    monkeypatch.setenv("MCHUB_STATE", str(tmp_path / "another"))

    second = read_secret(DEVELOPMENT, "user_password")

    assert first != second
    assert not set(first) & set("01oliOLI")
    assert len(read_secret(DEVELOPMENT, "admin_password")) >= 32


@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        (None, 0o600, "staging.secrets: must hold the secret `oidc_client_secret`; got "),
        (
            "value",
            0o644,
            "staging.secrets: must keep `oidc_client_secret` from other accounts",
        ),
        ("\n", 0o600, "staging.secrets: must hold a value in `oidc_client_secret`"),
    ],
)
def test_a_secret_that_cannot_be_trusted_is_refused(
    tmp_path: Path, content: str | None, mode: int, sentence: str
) -> None:
    settings = changed(load("staging", {}), secrets__folder=str(tmp_path))
    file = tmp_path / "oidc_client_secret"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)

    with pytest.raises(SettingsError) as refused:
        read_secret(settings, "oidc_client_secret")

    assert sentence in str(refused.value)
    assert "value" not in str(refused.value).replace("a value", "")
