"""What is done with reports at a terminal: ``python -m mclib.reports --help``."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mclib.errors import MclibError, law
from mclib.reports.executing import NotebookFailed, Stopped

FAILED, REFUSED = 3, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for.

    Returns
    -------
    int
        0; 3 if the notebook failed; 2 if the command was refused; 128 and a signal's
        number if it was stopped.
    """
    asked = _parser().parse_args(arguments)
    try:
        asked.do(asked)
    except NotebookFailed as error:
        _complain(error)
        return FAILED
    except Stopped as error:
        _complain(error)
        return 128 + error.signal
    except (MclibError, OSError) as error:
        _complain(error)
        return REFUSED
    return 0


def _complain(error: Exception) -> None:
    sys.stderr.write(f"{error}\n")


def _say(content: Any) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _run(asked: argparse.Namespace) -> None:
    from mclib.reports.making import make

    make(
        asked.notebook,
        asked.into,
        parameters=_mapping("parameters", asked.parameters),
        facts=_mapping("facts", asked.facts),
        as_it_is=asked.as_it_is,
        told=lambda cell, of: _say({"cell": cell, "of": of}),
    )


def _parameters(asked: argparse.Namespace) -> None:
    from mclib.reports.making import read_notebook
    from mclib.reports.parameters import parameters_of

    book, _ = read_notebook(asked.notebook)
    _say([each.as_dict() for each in parameters_of(book)])


def _mapping(name: str, path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        read = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise law(name, f"be JSON ({error})", str(path)) from error
    if not isinstance(read, dict):
        raise law(name, "be an object of names and values", read)
    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mclib.reports", description="From a notebook to a page."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a notebook and leave its report in a folder")
    run.add_argument("notebook", type=Path)
    run.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    run.add_argument("--parameters", type=Path, metavar="FILE", help="values as JSON")
    run.add_argument(
        "--facts", type=Path, metavar="FILE", help="what else is known, as JSON"
    )
    run.add_argument(
        "--as-it-is", action="store_true", help="run nothing; show what it holds"
    )
    run.set_defaults(do=_run)
    told = commands.add_parser("parameters", help="tell a notebook's parameters as JSON")
    told.add_argument("notebook", type=Path)
    told.set_defaults(do=_parameters)
    return parser


if __name__ == "__main__":
    sys.exit(main())
