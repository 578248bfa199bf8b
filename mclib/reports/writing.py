"""What stands in a report, written down part by part; headings and drawings are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from mclib.errors import ArgumentError
from mclib.plots.statistics import rounded
from mclib.reports.drawings import (
    TITLES,
    USUAL,
    Drawing,
    chart,
    draw,
    drawing_of,
    reason,
)
from mclib.reports.markup import escaped, heading, paragraphs, table
from mclib.reports.origins import origins
from mclib.reports.page import Heading
from mclib.results.display import warnings_of
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.pictures import histogram_svg
from mclib.results.result import Result
from mclib.results.tables import TABLE_QUANTILES, Row, label


class Writing:
    """A report in the making.

    Parameters
    ----------
    units : mapping of str to str
        By output.

    Attributes
    ----------
    parts : list of str
        HTML, in order.
    headings : list of Heading
        For the table of contents.
    drawings : list of Drawing
        In the order of their places.
    """

    def __init__(self, units: Mapping[str, str]) -> None:
        self.units = units
        self.parts: list[str] = []
        self.headings: list[Heading] = []
        self.drawings: list[Drawing] = []

    def title(self, level: int, text: str) -> None:
        """Begin a part."""
        name = f"part-{len(self.headings) + 1}"
        self.headings.append(Heading(text, name, level))
        self.parts.append(heading(level, text, name))

    def text(self, text: str) -> None:
        """Write what the user has to say."""
        self.parts.append(f'<div class="text">{paragraphs(text)}</div>')

    def result(
        self, result: Result, names: Sequence[str], kinds: Sequence[str] | None, level: int
    ) -> None:
        """Write what a result says: a summary, and charts of each output."""
        self.title(level, "Summary")
        self.summary(result, names)
        for name in names:
            self.title(level, name)
            for kind in USUAL if kinds is None else kinds:
                self._chart(result, name, kind, level + 1, is_asked=kinds is not None)

    def origins(self, result: Result, level: int) -> None:
        """Write where a result's numbers come from."""
        self.title(level, "Where the numbers come from")
        self.parts.append(origins(result))

    def summary(self, result: Result, names: Sequence[str]) -> None:
        """Write the table of outputs, and what there is to warn of."""
        rows = [result[name].row for name in names]
        said = warnings_of(rows, result.provenance)
        self.parts += [f'<p class="warning">{escaped(each)}</p>' for each in said]
        columns = ("output", "mean", "standard deviation", *map(label, TABLE_QUANTILES))
        self.parts.append(
            table(
                f"Outputs over {result.n_trials:,} trials; ± standard errors",
                (*columns, "distribution"),
                [self._line(row) for row in rows],
            )
        )

    def figures(self, figures: Sequence[Any], level: int) -> None:
        """Write figures that the user has drawn."""
        if figures:
            self.title(level, "Charts")
        for figure in figures:
            drawing = drawing_of(figure)
            self._drawn(drawing, level + 1)

    def _line(self, row: Row) -> tuple[str, ...]:
        unit = self.units.get(row.name, "")
        name = f"{row.name} ({unit})" if unit else row.name
        estimates = (row.mean, row.standard_deviation, *row.quantiles)
        cells = (_with_error(each, unit) for each in estimates)
        return (escaped(name), *cells, histogram_svg(row))

    def _chart(
        self, result: Result, name: str, kind: str, level: int, *, is_asked: bool
    ) -> None:
        try:
            drawing = draw(result, name, kind, self.units.get(name, ""))
        except ArgumentError as error:
            if is_asked:
                raise
            left_out = f"{TITLES[kind]}: left out. {reason(error)}"
            self.parts.append(f"<p>{escaped(left_out)}</p>")
            return
        self._drawn(drawing, level)

    def _drawn(self, drawing: Drawing, level: int) -> None:
        self.drawings.append(drawing)
        self.parts.append(f"<h{level}>{escaped(drawing.title)}</h{level}>")
        self.parts.append(chart(drawing, len(self.drawings)))


def _with_error(estimate: Estimate, unit: str) -> str:
    scale, sign = (100.0, " %") if unit == "%" else (1.0, "")
    error = plain(scale * estimate.standard_error, 2)
    number = escaped(rounded(estimate, scale))
    return f"{number}<small>± {escaped(error)}{sign} s.e.</small>"
