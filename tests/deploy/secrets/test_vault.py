"""Secrets from OpenBao or Vault, asked for as their documentation says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.deployer.commands import Failed
from deploy.deployer.secret_sources import complete
from deploy.deployer.vault import Vault, VaultAddress
from tests.tools.vault_server import VaultServer, vault_server

PATH = "mchub/production"


@pytest.fixture
def server() -> Iterator[VaultServer]:
    with vault_server(PATH) as server:
        yield server


def _vault(server: VaultServer, folder: Path, wrapped: str | None = None) -> Vault:
    (folder / "role-id").write_text(f"{server.role_id}\n")
    (folder / "wrapped-secret-id").write_text(wrapped or server.wrap_secret_id())
    return Vault(VaultAddress(url=server.url, path=PATH), folder)


def test_what_is_missing_is_made_and_written_where_the_rest_is(
    server: VaultServer, tmp_path: Path
) -> None:
    server.versions.append({"oidc_client_secret": "theirs"})
    vault = _vault(server, tmp_path)

    values = complete(
        vault, {"oidc_client_secret", "cookie_key"}, {"oidc_client_secret": ""}
    )
    again = vault.read({"cookie_key"})

    assert values["oidc_client_secret"] == "theirs"
    assert server.versions[-1] == values
    assert again == {"cookie_key": values["cookie_key"]}


def test_the_wrapping_is_gone_once_it_is_read_and_the_token_once_it_is_closed(
    server: VaultServer, tmp_path: Path
) -> None:
    vault = _vault(server, tmp_path)

    vault.read({"cookie_key"})
    assert not (tmp_path / "wrapped-secret-id").exists()
    assert len(server.tokens) == 1
    vault.close()

    assert server.tokens == set()
    assert not vault.is_open


def test_a_wrapping_that_somebody_else_opened_is_told_of(
    server: VaultServer, tmp_path: Path
) -> None:
    wrapped = server.wrap_secret_id()
    server.unwrap(wrapped)

    with pytest.raises(Failed, match=r"a wrapping that nobody opened.*\n.*somebody else"):
        _vault(server, tmp_path, wrapped).read({"cookie_key"})


def test_a_wrapping_of_something_else_is_not_opened(
    server: VaultServer, tmp_path: Path
) -> None:
    wrapped = server.wrap_secret_id(by="cubbyhole/anything")

    with pytest.raises(Failed, match="got one from cubbyhole/anything"):
        _vault(server, tmp_path, wrapped).read({"cookie_key"})

    assert server.unwrap(wrapped) is not None


def test_an_old_wrapping_is_refused(server: VaultServer, tmp_path: Path) -> None:
    wrapped = server.wrap_secret_id(seconds=0)

    with pytest.raises(Failed, match="it is too old"):
        _vault(server, tmp_path, wrapped).read({"cookie_key"})


def test_a_role_that_may_only_read_says_so(server: VaultServer, tmp_path: Path) -> None:
    server.may = frozenset({"GET"})

    with pytest.raises(
        Failed, match=f"POST /v1/secret/data/{PATH}: 403, permission denied"
    ):
        complete(_vault(server, tmp_path), {"cookie_key"}, {})


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(
    server: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _vault(server, tmp_path)
    entry = vault._entry()
    monkeypatch.setattr(vault, "_entry", lambda: entry)
    server.versions.append({"cookie_key": "theirs"})

    with pytest.raises(Failed, match="check-and-set"):
        vault.keep({"cookie_key": "ours"})

    assert server.versions == [{"cookie_key": "theirs"}]


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    (tmp_path / "role-id").write_text("r")
    (tmp_path / "wrapped-secret-id").write_text("w")
    vault = Vault(VaultAddress(url="http://127.0.0.1:9", path=PATH), tmp_path)

    with pytest.raises(Failed, match=r"http://127\.0\.0\.1:9 must answer"):
        vault.read({"cookie_key"})


def test_nothing_to_sign_in_with_is_told(server: VaultServer, tmp_path: Path) -> None:
    vault = _vault(server, tmp_path)
    (tmp_path / "wrapped-secret-id").unlink()

    assert not vault.is_open
    with pytest.raises(Failed, match="wrapped-secret-id must be there to sign in"):
        vault.read({"cookie_key"})
