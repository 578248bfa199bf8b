"""Where the numbers of a notebook's page come from, as tables for people.

The same stands in the page as JSON for programs, and in ``report.json`` beside it.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from mclib.reports.markup import escaped, table
from mclib.results.display import duration
from mclib.results.formatting import plain

_MOST_LINES = 50
_FACTS = {
    "author": "Author",
    "notebook": "Notebook",
    "image": "Image",
    "image_digest": "Image's digest",
    "profile": "Profile",
    "run": "Run",
    "run_id": "Run",
}
_Lines = list[tuple[str, ...]]


def making_of(report: Mapping[str, Any]) -> str:
    """Return the tables: the report, its parameters, its runs, estimates and data.

    Parameters
    ----------
    report : mapping
        As ``report.json`` has it.
    """
    return "".join(
        (
            _table("This report", ("", "value"), _facts(report)),
            _table("Parameters", ("", "value", "meaning"), _parameters(report)),
            _table(
                "Runs, with what is needed to get the same numbers again",
                ("", "what computed it"),
                list(_runs(report)),
            ),
            _more(report["n_runs"], len(report["runs"]), "runs"),
            _estimates(report["estimates"]),
            _table("Data that was read", ("file", "size and hash"), list(_files(report))),
            _hosts(report["hosts"]),
        )
    )


def _table(caption: str, headings: tuple[str, ...], lines: _Lines) -> str:
    if not lines:
        return ""
    shown = [tuple(map(escaped, line)) for line in lines[:_MOST_LINES]]
    rest = _more(len(lines), len(shown), "lines")
    return table(caption, headings, shown, "facts") + rest


def _more(n: int, n_shown: int, what: str) -> str:
    if n <= n_shown:
        return ""
    return f'<p class="note">{n - n_shown:,} more {what} are not listed here.</p>'


def _facts(report: Mapping[str, Any]) -> _Lines:
    facts = report["facts"]
    names = [*(each for each in _FACTS if each in facts)]
    names += [each for each in facts if each not in _FACTS]
    lines = [("Made", str(report["made"])[:19].replace("T", " ") + " UTC")]
    if report["rerun"]:
        lines.append(("Took", duration(timedelta(seconds=report["took"]))))
    else:
        lines.append(("Run again", "no: the outputs are those that it came with"))
    lines += [(_FACTS.get(name, name), str(facts[name])) for name in names]
    lines.append(("Notebook's hash", report["source_sha256"]))
    lines += [
        (f"Version of {name}", each) for name, each in sorted(report["versions"].items())
    ]
    return [*lines]


def _parameters(report: Mapping[str, Any]) -> _Lines:
    return [
        (each["name"], _said(each.get("value", each["default"])), each.get("help", ""))
        for each in report["parameters"]
    ]


def _said(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return plain(float(value)) if is_number else str(value)


def _runs(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in report["runs"]:
        found = each["provenance"]
        names = ", ".join(each["names"]) or found["model_name"]
        took = timedelta(microseconds=found["elapsed"])
        said = [
            f"model {found['model_name']} {found['model_hash'][:12]}",
            f"{found['n_trials']:,} trials"
            + (" (interrupted)" if found["interrupted"] else ""),
            f"seed {found['seed']}",
            f"sampler {found['sampler']}",
            f"{found['engine']} {found['precision']} on {found['device']}",
            duration(took),
        ]
        yield names, " · ".join(said)
    for each in report["loaded"]:
        found = each["provenance"]
        said = [f"read from a file, and not computed here; seed {found['seed']}"]
        yield each["name"], said[0]


def _estimates(estimates: list[Mapping[str, Any]]) -> str:
    """Table of estimates: a line for each output, a column for each question."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for each in estimates:
        own = lines.setdefault((each["result"], each["output"]), {})
        error = plain(float(each["standard_error"]), 2)
        own[each["kind"]] = (
            f"{escaped(each['shown'])}<small>± {escaped(error)} s.e.</small>"
        )
    if not lines:
        return ""
    kinds = list(dict.fromkeys(each["kind"] for each in estimates))
    shown = [
        (escaped(f"{result}: {output}"), *(own.get(kind, "") for kind in kinds))
        for (result, output), own in list(lines.items())[:_MOST_LINES]
    ]
    headings = ("result and output", *kinds)
    drawn = table("Estimates of results; ± standard errors", headings, shown)
    return drawn + _more(len(lines), len(shown), "outputs")


def _files(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in report["files_read"]:
        yield each["name"], f"{each['bytes']:,} bytes, SHA-256 {each['sha256']}"


def _hosts(hosts: list[str]) -> str:
    if not hosts:
        return ""
    return (
        '<p class="warning">The notebook asked other machines for something, and what they '
        f"answered isn't known here: {escaped(', '.join(hosts))}.</p>"
    )
