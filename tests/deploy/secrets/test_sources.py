"""Where secrets come from: made, or given, or refused."""

from pathlib import Path

import pytest

from deploy.deployer.commands import Failed
from deploy.deployer.env_files import parsed
from deploy.deployer.secret_sources import (
    EnvFile,
    Folder,
    complete,
    given_from_outside,
)
from hub import load

GIVEN = {"oidc_client_secret": "the provider of sign-in issues it"}
NAMES = ("oidc_client_secret", "cookie_key")


def _env_file(folder: Path, text: str = "", mode: int = 0o600) -> EnvFile:
    file = folder / "staging.env"
    if text:
        file.write_text(text)
        file.chmod(mode)
    return EnvFile(file, Folder(folder / "secrets"), lambda sealed: sealed[::-1])


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "secrets")

    first = complete(folder, {"a", "b"}, {})
    second = complete(folder, {"a", "b", "c"}, {})

    assert {name: second[name] for name in first} == first
    assert len(set(second.values())) == 3
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()}
    assert modes == {0o600}


def test_who_has_to_give_a_secret_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    told = r"must be given.*\n  oidc_client_secret: the provider of sign-in issues it"
    with pytest.raises(Failed, match=told):
        complete(Folder(tmp_path / "secrets"), NAMES, GIVEN)

    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    ("environment", "is_given"),
    [("rehearsal", False), ("staging", True), ("production", True)],
)
def test_only_where_everything_is_made_here_is_nothing_given(
    environment: str, is_given: bool
) -> None:
    given = given_from_outside(load(environment, {}))

    assert ("oidc_client_secret" in given) == is_given


def test_an_env_file_gives_what_it_names_and_the_rest_is_made(tmp_path: Path) -> None:
    source = _env_file(tmp_path, "# theirs\n\nOIDC_CLIENT_SECRET='a b$c'\n")

    values = complete(source, NAMES, GIVEN)

    assert values["oidc_client_secret"] == "a b$c"
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["cookie_key"]


def test_an_encrypted_env_file_is_opened(tmp_path: Path) -> None:
    source = _env_file(tmp_path)
    sealed = tmp_path / "staging.env.age"
    sealed.write_bytes(b"OIDC_CLIENT_SECRET=theirs\n"[::-1])
    sealed.chmod(0o600)

    assert source.read(NAMES) == {"oidc_client_secret": "theirs"}


def test_an_env_file_beside_its_encrypted_self_is_refused(tmp_path: Path) -> None:
    source = _env_file(tmp_path, "OIDC_CLIENT_SECRET=theirs\n")
    (tmp_path / "staging.env.age").write_bytes(b"")

    with pytest.raises(Failed, match=r"one of staging\.env and staging\.env\.age"):
        source.read(NAMES)


def test_a_name_that_is_no_secret_of_the_environment_is_refused(tmp_path: Path) -> None:
    source = _env_file(tmp_path, "OIDC_CLIENT_SECRTE=theirs\n")

    with pytest.raises(Failed, match="got `OIDC_CLIENT_SECRTE`"):
        source.read(NAMES)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    source = _env_file(tmp_path, "OIDC_CLIENT_SECRET=theirs\n", mode=0o640)

    with pytest.raises(Failed, match=r"staging\.env: must be closed.*mode 0640"):
        source.read(NAMES)


def test_a_value_that_an_env_file_gives_is_not_changed_behind_its_back(
    tmp_path: Path,
) -> None:
    source = _env_file(tmp_path, "COOKIE_KEY=theirs\n")

    with pytest.raises(Failed, match="must not give `COOKIE_KEY`"):
        source.keep({"cookie_key": "ours"})


@pytest.mark.parametrize(
    "text", ["cookie_key=x", "COOKIE_KEY", "COOKIE_KEY=", "A=1\nA=2", "export A=1"]
)
def test_a_line_that_is_no_assignment_is_told_by_its_number_alone(text: str) -> None:
    number = len(text.splitlines())

    with pytest.raises(Failed, match=rf"^staging\.env, line {number}: must be [^x12]*$"):
        parsed(text, "staging.env")
