"""A notebook that was run, as one page: its text, its outputs, and where they come from."""

import json
from collections.abc import Mapping
from typing import Any

from mclib.reports.making_of import making_of
from mclib.reports.markup import escaped, folded, heading
from mclib.reports.outputs import Outputs
from mclib.reports.page import Heading, page
from mclib.reports.prose import highlighted, markdown

_DEEPEST_LISTED = 3
_HIDING = {
    "code": frozenset(("hide-input", "remove-input", "hide-cell", "remove-cell")),
    "outputs": frozenset(("hide-output", "remove-output", "remove-cell")),
}
"""Tags of Jupyter Book by which an author leaves something out."""


class Body:
    """A page's body in the making.

    Parameters
    ----------
    notebook : NotebookNode
        As it was run.
    """

    def __init__(self, notebook: Any) -> None:
        widgets = notebook.metadata.get("widgets", {})
        kept = widgets.get("application/vnd.jupyter.widget-state+json", {})
        self.outputs = Outputs(kept.get("state", {}))
        self.parts: list[str] = []
        self.headings: list[Heading] = []
        self._level = 1
        self._n_run = 0

    def title(self, level: int, text: str) -> str:
        """Return the heading of a part; no level is left out on the way down."""
        level = min(max(level, 2), self._level + 1)
        self._level = level
        name = f"part-{len(self.headings) + 1}"
        self.headings.append(Heading(text, name, level))
        return heading(level, text, name)

    def markdown(self, cell: Any, skipped: str) -> None:
        """Write a cell of text, less the heading that is the page's own title."""

        def titled(level: int, text: str) -> str:
            return "" if level == 1 and text == skipped else self.title(level, text)

        shown = markdown(cell.source, cell.get("attachments"), titled).strip()
        if shown:
            self.parts.append(f'<div class="text">{shown}</div>')

    def code(self, cell: Any) -> None:
        """Write a cell of code: folded, and what came out."""
        if not cell.source.strip():
            return
        self._n_run += 1
        number = cell.execution_count or self._n_run
        tags = set(cell.metadata.get("tags", ()))
        if not tags & _HIDING["code"]:
            lines = cell.source.count("\n") + 1
            summary = f"Code of cell {number} ({lines} line{'s' * (lines > 1)})"
            code = f'<div class="code" tabindex="0">{highlighted(cell.source)}</div>'
            self.parts.append(folded(summary, code))
        if not tags & _HIDING["outputs"]:
            shown = "".join(self.outputs.shown(each, number) for each in cell.outputs)
            if shown:
                self.parts.append(f'<div class="outputs">{shown}</div>')


def title_of(notebook: Any, name: str) -> str:
    """Return what a notebook calls itself: its title, its first heading, or its name."""
    said = notebook.metadata.get("title")
    if isinstance(said, str) and said.strip():
        return said.strip()
    found: list[str] = []

    def titled(level: int, text: str) -> str:
        if level == 1:
            found.append(text)
        return ""

    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not found:
            markdown(cell.source, None, titled)
    if found and found[0]:
        return found[0]
    return name.replace("-", " ").replace("_", " ").strip() or "Report"


def notebook_page(notebook: Any, report: Mapping[str, Any]) -> str:
    """Return the page of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        As it was run, or as its author saved it.
    report : mapping
        What is known about the run; see `mclib.reports.making`.
    """
    body = Body(notebook)
    if not report["rerun"]:
        body.parts.append(
            '<p class="warning"><strong>Not run again.</strong> What stands here is what '
            "the notebook held when it was handed over; nobody has computed it afresh.</p>"
        )
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            body.markdown(cell, report["title"])
        elif cell.cell_type == "code":
            body.code(cell)
        elif cell.source.strip():
            shown = escaped(cell.source)
            body.parts.append(f'<pre class="said" tabindex="0">{shown}</pre>')
    body.parts.append(body.title(2, "Where the numbers come from"))
    body.parts.append(making_of(report))
    listed = [each for each in body.headings if each.level <= _DEEPEST_LISTED]
    return page(
        report["title"],
        dated(report),
        "".join(body.parts),
        listed,
        body.outputs.drawings,
        facts=json.dumps(report, ensure_ascii=False),
        style="notebook.css",
    )


def dated(report: Mapping[str, Any]) -> str:
    """Say when a report was made, and by whom if that is known."""
    author = report["facts"].get("author")
    made = str(report["made"])[:16].replace("T", " at ")
    verb = "Run" if report["rerun"] else "Handed over"
    return f"{verb} on {made} UTC" + (f" by {author}" if author else "")
