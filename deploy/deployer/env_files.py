"""Files of `NAME=value` lines, which people write by hand."""

import re
from typing import Final

from deploy.deployer.commands import Failed

__all__ = ["parsed", "secret_name", "variable"]

_LINE: Final = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def parsed(text: str, name: str) -> dict[str, str]:
    r"""Values by name; empty lines and those that begin with ``#`` say nothing.

    A value may stand in quotes, which are no part of it. Nothing else is special: what a
    shell would replace stays as it is.

    Raises
    ------
    Failed
        If a line is no assignment, gives nothing, or gives a name a second time. The
        message tells the line's number and never what stands in it.

    Examples
    --------
    >>> parsed("# theirs\nOIDC_CLIENT_SECRET='a b$c'\n", "staging.env")
    {'OIDC_CLIENT_SECRET': 'a b$c'}
    """
    found: dict[str, str] = {}
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = _unquoted(match[2].strip()) if match else ""
        if match is None or not value or match[1] in found:
            law = "be `NAME=value`, each name once and in capitals"
            message = f"{name}, line {number}: must {law}."
            raise Failed(message)
        found[match[1]] = value
    return found


def variable(secret: str) -> str:
    """How an env file names a secret.

    Examples
    --------
    >>> variable("oidc_client_secret")
    'OIDC_CLIENT_SECRET'
    """
    return secret.upper()


def secret_name(variable: str) -> str:
    """The secret that an env file names so."""
    return variable.lower()


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
