"""OpenBao and Vault, which speak the same HTTP: secrets of a KV store, version 2.

Signing in takes two things that come by two ways: a role's id, which lies on this host, and
a secret id inside a wrapping that can be opened once and soon ends. Who finds it opened
knows that somebody else was there.
"""

import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.deployer.commands import Failed

__all__ = ["Vault", "VaultAddress"]

_WITHIN: Final = 10.0
_WRAPPED_BY: Final = re.compile(r"auth/[\w/-]+/role/[\w.-]+/secret-id")


@dataclass(frozen=True, kw_only=True)
class VaultAddress:
    """Where an environment's secrets are kept.

    Attributes
    ----------
    url : str
        As in ``https://bao.example.org:8200``.
    path : str
        Of the secrets in the store, as in ``mchub/production``.
    mount : str
        Name of the KV store.
    approle : str
        Where the role signs in.
    namespace : str
        Empty where there is none.
    authority : Path or None
        Certificate that vouches for the server, if this host doesn't know it.
    """

    url: str
    path: str
    mount: str = "secret"
    approle: str = "approle"
    namespace: str = ""
    authority: Path | None = None


class Vault:
    """Secrets in one entry of a KV store.

    Parameters
    ----------
    address : VaultAddress
        Where it is.
    folder : Path
        Holds ``role-id``, which stays, and ``wrapped-secret-id``, which is deleted as soon
        as it was read.
    """

    def __init__(self, address: VaultAddress, folder: Path) -> None:
        self._at = address
        self._role, self._wrapped = folder / "role-id", folder / "wrapped-secret-id"
        self._token = ""

    @property
    def is_open(self) -> bool:
        """Whether it can be asked: a way in lies ready, or was taken already."""
        return bool(self._token) or self._wrapped.is_file()

    def read(self, names: Collection[str]) -> dict[str, str]:
        """Those of `names` that the entry has."""
        values, _ = self._entry()
        return {name: str(values[name]).strip() for name in names if name in values}

    def keep(self, values: Mapping[str, str]) -> None:
        """Write the entry anew with these in it, if nobody wrote it meanwhile."""
        before, version = self._entry()
        body = {"options": {"cas": version}, "data": {**before, **values}}
        self._ask("POST", f"{self._at.mount}/data/{self._at.path}", body, self._signed_in())

    def close(self) -> None:
        """End what was signed in."""
        if self._token:
            self._ask("POST", "auth/token/revoke-self", {}, self._token)
            self._token = ""

    def _entry(self) -> tuple[dict[str, Any], int]:
        path = f"{self._at.mount}/data/{self._at.path}"
        answer = self._ask("GET", path, None, self._signed_in(), may_be_missing=True)
        data = (answer or {}).get("data", {})
        return dict(data.get("data") or {}), int(data.get("metadata", {}).get("version", 0))

    def _signed_in(self) -> str:
        if not self._token:
            ids = {"role_id": self._read(self._role), "secret_id": self._unwrapped()}
            answer = self._ask("POST", f"auth/{self._at.approle}/login", ids, "")
            self._token = str(answer["auth"]["client_token"])
        return self._token

    def _unwrapped(self) -> str:
        wrapping = self._read(self._wrapped)
        with self._told_of_theft():
            looked = self._ask("POST", "sys/wrapping/lookup", {"token": wrapping}, "")
            # A wrapping that holds something else was put there by somebody else.
            made_by = str(looked["data"]["creation_path"])
            if _WRAPPED_BY.fullmatch(made_by) is None:
                message = f"a wrapping from auth/{self._at.approle}; got one from {made_by}"
                raise _Refused(message)
            opened = self._ask("POST", "sys/wrapping/unwrap", {}, wrapping)
        self._wrapped.unlink()
        return str(opened["data"]["secret_id"])

    @contextmanager
    def _told_of_theft(self) -> Iterator[None]:
        try:
            yield
        except _Refused as error:
            message = (
                f"{self._wrapped.name}: must hold a wrapping that nobody opened; {error}.\n"
                "hint: (a) it is too old: have a new one made; (b) somebody else opened "
                "it: revoke that secret id first."
            )
            raise Failed(message) from error

    def _read(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            message = (
                f"{file} must be there to sign in at {self._at.url}; {error.strerror}.\n"
                "hint: deploy/secrets/README.md says how it is made."
            )
            raise Failed(message) from error

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        token: str,
        *,
        may_be_missing: bool = False,
    ) -> Any:
        headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
        if token:
            headers["X-Vault-Token"] = token
        if self._at.namespace:
            headers["X-Vault-Namespace"] = self._at.namespace
        content = None if body is None else json.dumps(body).encode()
        url = f"{self._at.url}/v1/{path}"
        asked = urllib.request.Request(url, content, headers, method=method)
        try:
            with _opener(self._at.authority).open(asked, timeout=_WITHIN) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code == 404 and may_be_missing:
                return None
            said = "; ".join(_errors(error.read())) or error.reason
            message = f"{method} /v1/{path}: {error.code}, {said}"
            raise _Refused(message) from error
        except OSError as error:
            message = f"{self._at.url} must answer; {error}"
            raise Failed(message) from error


class _Refused(Failed):
    """The server answered, and not with what was asked for."""


def _opener(authority: Path | None) -> urllib.request.OpenerDirector:
    # No proxy of the host's stands between: it would read every secret.
    context = ssl.create_default_context(cafile=authority)
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


def _errors(content: bytes) -> list[str]:
    try:
        return [str(error) for error in json.loads(content)["errors"]]
    except (ValueError, KeyError, TypeError):
        return []
