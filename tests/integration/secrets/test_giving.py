"""Secrets given to parts by a real Docker, each to its own account alone."""

import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.deployer.commands import Failed
from deploy.deployer.giving_secrets import Secrets, parts_folder
from deploy.deployer.secret_sources import given_from_outside
from hub import load
from hub.choices import SecretFiles
from hub.settings import Settings
from tests.tools.vault_server import VaultServer, vault_server

pytestmark = pytest.mark.docker

IMAGES = ("mchub/base:0.1.0", "mchub/backup:0.1.0")
ENVIRONMENT = f"mct{secrets.token_hex(3)}"


def docker(*words: str, stdin: bytes = b"") -> str:
    ran = subprocess.run(["docker", *words], input=stdin, capture_output=True, check=False)
    if ran.returncode:
        raise Failed(ran.stderr.decode())
    return ran.stdout.decode()


def _settings(source: str) -> Settings:
    chosen = SecretFiles(folder="/run/secrets", source=source)
    return replace(load("production", {}), name=ENVIRONMENT, secrets=chosen)


def _as(user: str, parts: Path, script: str) -> str:
    words = ("run", "--rm", "--network=none", "--user", user, "--volume", f"{parts}:/parts")
    return docker(*words, IMAGES[0], "sh", "-c", script)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / ENVIRONMENT
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture
def vault(state: Path) -> Iterator[VaultServer]:
    """A vault that has what must be given, and this host's way into it."""
    (state / "vault").mkdir(mode=0o700)
    with vault_server(f"mchub/{ENVIRONMENT}") as server:
        given = given_names(_settings("vault agent"))
        server.versions.append({name: secrets.token_hex(32) for name in given})
        (state / "vault.toml").write_text(f'url = "{server.url}"\npath = "{server.path}"\n')
        (state / "vault" / "role-id").write_text(server.role_id)
        (state / "vault" / "wrapped-secret-id").write_text(server.wrap_secret_id())
        yield server


def given_names(settings: Settings) -> list[str]:
    return sorted(given_from_outside(settings))


def test_each_part_reads_its_own_and_no_other(state: Path) -> None:
    settings = _settings("generated")
    made = Secrets(settings, state, docker, *IMAGES)

    made.give()

    parts = parts_folder(settings, state)
    assert parts == state / "parts"
    token = made.values()["proxy_token"]
    assert _as("1101:1100", parts, "cat /parts/proxy/proxy_token").strip() == token
    assert made.weaknesses() == []
    for other in ("/parts/hub/cookie_key", "/parts/postgres-1/database_password"):
        with pytest.raises(Failed, match="Permission denied"):
            _as("1101:1100", parts, f"cat {other}")
    made.forget()
    assert not parts.exists()
    assert list(state.iterdir()) == []


def test_what_a_vault_holds_lies_on_no_disk(state: Path, vault: VaultServer) -> None:
    settings = _settings("vault agent")
    given = Secrets(settings, state, docker, *IMAGES)

    given.give()
    try:
        parts = parts_folder(settings, state)
        assert parts == Path(f"/run/mchub/{ENVIRONMENT}/parts")
        values = vault.versions[-1]
        client_secret = _as("0:0", parts, "cat /parts/hub/oidc_client_secret").strip()
        assert client_secret == values["oidc_client_secret"]
        assert given.names <= set(values)
        on_disk = [file.read_text() for file in state.rglob("*") if file.is_file()]
        assert [value for value in values.values() if value in "".join(on_disk)] == []
        assert vault.tokens == set()

        # Without a way in, what the parts have stays, as long as it is all they need.
        Secrets(settings, state, docker, *IMAGES).give()
        _as("0:0", parts, "rm /parts/hub/cookie_key")
        with pytest.raises(Failed, match="wrapped-secret-id must be there"):
            Secrets(settings, state, docker, *IMAGES).give()
    finally:
        given.forget()


def test_a_file_sealed_to_the_operator_is_opened_by_their_identity_alone(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, settings = {"OIDC_CLIENT_SECRET": secrets.token_hex(32)}, _settings("staging.env")
    identity = _as_age("age-keygen 2>/dev/null")
    recipient = _as_age("age-keygen -y", identity).strip()
    text = "".join(f"{name}={value}\n" for name, value in kept.items())
    sealed = state / "staging.env.age"
    sealed.write_text(_as_age(f"age --armor --recipient {recipient}", text))
    sealed.chmod(0o600)
    source = Secrets(settings, state, docker, *IMAGES).source

    with pytest.raises(Failed, match="MC_AGE_IDENTITY must name the identity"):
        source.read({"oidc_client_secret"})
    key = state.parent / "identity"
    key.write_text(identity)
    key.chmod(0o600)
    monkeypatch.setenv("MC_AGE_IDENTITY", str(key))
    found = source.read({"oidc_client_secret"})
    key.write_text(_as_age("age-keygen 2>/dev/null"))
    with pytest.raises(Failed, match="no identity matched"):
        source.read({"oidc_client_secret"})

    assert found == {"oidc_client_secret": kept["OIDC_CLIENT_SECRET"]}


def _as_age(script: str, stdin: str = "") -> str:
    words = ("run", "--rm", "--interactive", "--network=none", "--entrypoint=sh", IMAGES[1])
    return docker(*words, "-c", script, stdin=stdin.encode())
