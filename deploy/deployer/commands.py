"""Programs that the deployer runs, as values: what is run can be read before it is."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.deployer.outcomes import Failed

__all__ = ["Command", "Failed", "run"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program, its arguments, and what it is told besides.

    Attributes
    ----------
    words : sequence of str
        Program and arguments.
    variables : mapping of str to str
        Environment variables, all of them; those of this process if there are none.
    stdin : bytes
        What it reads.
    within : float
        Seconds that it may take.
    """

    words: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    within: float = 600.0

    def __str__(self) -> str:
        return " ".join(self.words)


def run(command: Command, folder: Path) -> str:
    """Run a command to its end and return what it wrote.

    Raises
    ------
    Failed
        If it can't be started, takes too long, or ends with another status than 0.
    """
    try:
        ended = subprocess.run(
            command.words,
            cwd=folder,
            env=dict(command.variables) or None,
            input=command.stdin,
            capture_output=True,
            timeout=command.within,
            check=False,
            # Ctrl-C is for this program, which then decides what is finished and what not.
            start_new_session=True,
        )
    except FileNotFoundError as error:
        message = f"`{command.words[0]}` is not installed."
        raise Failed(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"`{command}` took longer than {command.within:g} s."
        raise Failed(message) from error
    written = ended.stdout.decode(errors="replace")
    if ended.returncode:
        said = (ended.stderr.decode(errors="replace") or written).strip().splitlines()
        last = "\n".join(said[-15:])
        message = f"`{command}` ended with status {ended.returncode}:\n{last}"
        raise Failed(message)
    return written
