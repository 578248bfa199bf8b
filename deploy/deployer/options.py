"""What each verb can be told besides the environment, as `argparse` takes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.deployer.rotation import ROTATIONS

__all__ = ["OPTIONS"]

_VERSION: Final = {"nargs": "?", "metavar": "VERSION", "help": "the release"}
_REPOSITORY: Final = {
    "type": int,
    "choices": (1, 2),
    "default": 1,
    "help": "1: this host's copies; 2: those off-site",
}


def _flag(text: str) -> dict[str, Any]:
    return {"action": "store_true", "help": text}


def _folder(text: str) -> dict[str, Any]:
    return {"type": Path, "required": True, "metavar": "FOLDER", "help": text}


OPTIONS: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "deploy": {
        "version": _VERSION,
        "--build": _flag("build images that are missing"),
    },
    "rollback": {
        "version": _VERSION,
        "--compare": _flag("read all data before and after"),
    },
    "emergency-rollback": {
        "backup": {"metavar": "BACKUP", "help": "label of a copy, or a time"},
        "--repository": _REPOSITORY,
    },
    "restore": {
        "--to": {"required": True, "metavar": "TIME", "help": "with its zone"},
        "--repository": _REPOSITORY,
    },
    "backup": {"--digests": _flag("keep what a restore is held to")},
    "rotate": {"what": {"choices": ROTATIONS, "help": "which secret"}},
    "recovery-kit": {"--to": _folder("where it goes")},
    "rebuild": {
        "--kit": _folder("the recovery kit"),
        "--to": {"metavar": "TIME", "help": "the last that is known if not given"},
    },
    "down": {"--forget": _flag("delete its data and secrets too")},
    "archive-home": {
        "user": {"metavar": "USER"},
        "--to": _folder("where it goes"),
        "--delete": _flag("delete the home after that"),
    },
}
