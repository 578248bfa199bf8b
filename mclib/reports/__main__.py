"""What is done with reports at a terminal: ``python -m mclib.reports --help``."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mclib.errors import MclibError, law
from mclib.reports.executing import NotebookFailed, Stopped

if TYPE_CHECKING:
    from mclib.reports.publishing import Publication

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
        again=_seeds(asked.seeds_of),
    )


def _parameters(asked: argparse.Namespace) -> None:
    from mclib.reports.making import read_notebook
    from mclib.reports.parameters import parameters_of

    book, _ = read_notebook(asked.notebook)
    _say([each.as_dict() for each in parameters_of(book)])


def _compare(asked: argparse.Namespace) -> None:
    from mclib.reports.comparing import compared, in_words

    found = compared(asked.first, asked.second)
    if asked.json:
        _say(found)
    else:
        sys.stdout.write(in_words(found) + "\n")


def _pdf(asked: argparse.Namespace) -> None:
    from mclib.reports.printing import print_page

    print_page(asked.page, asked.target)


def _publish(asked: argparse.Namespace) -> None:
    from mclib.reports.publishing import publish

    published = publish(
        asked.title,
        notebook=asked.notebook,
        groups=asked.group,
        users=asked.user,
        parameters=_mapping("parameters", asked.parameters),
        report=asked.report,
        as_it_is=asked.as_it_is,
    )
    told = _publication if asked.json else _written
    told(published)
    if asked.wait:
        told(published.wait())


def _written(published: "Publication") -> None:
    sys.stdout.write(f"{published}\n")


def _publication(published: "Publication") -> None:
    names = ("title", "page", "job", "state")
    _say({name: getattr(published, name) for name in names})


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


def _seeds(path: Path | None) -> Sequence[int]:
    """Seeds that an earlier report drew; none of one that doesn't tell."""
    seeds: Any = _mapping("seeds_of", path).get("drawn_seeds", [])
    is_whole = isinstance(seeds, list) and all(type(each) is int for each in seeds)
    if not is_whole or not all(0 <= each < 1 << 64 for each in seeds):
        raise law("seeds_of", "tell seeds of 64 bits", str(path))
    return list(seeds)


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
        "--seeds-of", type=Path, metavar="FILE", help="a report.json: draw its seeds again"
    )
    run.add_argument(
        "--as-it-is", action="store_true", help="run nothing; show what it holds"
    )
    run.set_defaults(do=_run)
    told = commands.add_parser("parameters", help="tell a notebook's parameters as JSON")
    told.add_argument("notebook", type=Path)
    told.set_defaults(do=_parameters)
    compare = commands.add_parser("compare", help="say what differs between two reports")
    compare.add_argument("first", type=Path)
    compare.add_argument("second", type=Path)
    compare.add_argument("--json", action="store_true", help="for programs")
    compare.set_defaults(do=_compare)
    pdf = commands.add_parser("pdf", help="print a page to a PDF, by Chromium")
    pdf.add_argument("page", type=Path)
    pdf.add_argument("target", type=Path)
    pdf.set_defaults(do=_pdf)
    _add_publish(commands)
    return parser


def _add_publish(commands: Any) -> None:
    publish = commands.add_parser("publish", help="hand a notebook to the hub's reports")
    publish.add_argument("notebook", type=Path)
    publish.add_argument("--title")
    publish.add_argument("--group", action="append", default=[], help="who may read it")
    publish.add_argument("--user", action="append", default=[], help="who may read it")
    publish.add_argument("--parameters", type=Path, metavar="FILE", help="values as JSON")
    publish.add_argument("--report", type=int, help="of which it is the next version")
    publish.add_argument("--as-it-is", action="store_true", help="it isn't run")
    publish.add_argument("--wait", action="store_true", help="until it is published")
    publish.add_argument("--json", action="store_true", help="for programs")
    publish.set_defaults(do=_publish)


if __name__ == "__main__":
    sys.exit(main())
