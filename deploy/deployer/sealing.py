"""Files encrypted at rest with age, and opened by an identity of the operator's."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.deployer.commands import Failed

__all__ = ["IDENTITY", "unsealed"]

IDENTITY: Final = "MC_AGE_IDENTITY"
"""Variable that names the file with the identity; else it lies in the state folder."""

_OPEN: Final = (
    "cd /tmp && tar --extract --file=- && age --decrypt --identity identity sealed"
)


def unsealed(docker: Callable[..., str], tools: str, state: Path, sealed: bytes) -> bytes:
    """What is in an encrypted file. It is written to no disk on the way.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    tools : str
        An image with age.
    state : Path
        Where the identity lies, unless `IDENTITY` names it.
    sealed : bytes
        The encrypted file.

    Raises
    ------
    Failed
        If there is no identity, or it isn't one of those that the file was encrypted to.
    """
    named = os.environ.get(IDENTITY)
    file = Path(named) if named else state / "age-identity"
    if not file.is_file():
        message = (
            f"{IDENTITY} must name the identity that opens encrypted secrets; "
            f"nothing is at {file}."
        )
        raise Failed(message)
    if file.stat().st_mode & 0o077:
        message = f"{file} must be closed to other accounts.\nhint: `chmod 600 {file}`."
        raise Failed(message)
    both = io.BytesIO()
    with tarfile.open(fileobj=both, mode="w") as tar:
        for name, content in (("identity", file.read_bytes()), ("sealed", sealed)):
            info = tarfile.TarInfo(name)
            info.mode, info.size = 0o600, len(content)
            tar.addfile(info, io.BytesIO(content))
    opened = docker(
        *("run", "--rm", "--interactive", "--network=none", "--read-only"),
        *("--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp:mode=1777"),
        *("--entrypoint=sh", "--user=65534:65534", tools, "-c", _OPEN),
        stdin=both.getvalue(),
    )
    return opened.encode()
