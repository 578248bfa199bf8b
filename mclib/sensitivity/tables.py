"""Estimates by output and driver as tables: of pandas, in characters, in HTML."""

import html
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, final

from mclib.results.display import STYLE, origin, warnings_of
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd

Measures = Mapping[str, Mapping[str, Mapping[str, Estimate]]]
"""By measure, output and driver."""

_BAR = 120.0


class Bars(NamedTuple):
    """Which measures are drawn as a bar: one as its whole, one as the filled part of it.

    Those that are no shares are drawn in proportion to the largest of the output.
    """

    whole: str
    filled: str
    are_shares: bool = True


@dataclass(frozen=True, repr=False)
class EstimateTable(ABC):
    """Measures of each driver's share in each output, with errors.

    Attributes
    ----------
    n_evaluations : int
        How often the model was evaluated.
    provenance : Provenance
        What is needed to get the same numbers again. After Ctrl-C it says so, and all
        numbers are of the trials done until then.
    """

    n_evaluations: int
    provenance: Provenance

    @property
    @abstractmethod
    def measures(self) -> Measures:
        """Estimates by measure, output and driver; the last measure ranks the drivers."""

    @property
    @abstractmethod
    def _bars(self) -> Bars:
        """Which measures are drawn."""

    @final
    def to_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of all drivers.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            By output and driver: each measure with its standard error and both ends of its
            interval; NaN where a driver has no such number.
        """
        return frame_of(self.measures, level)

    @final
    def __repr__(self) -> str:
        names = ", ".join(_outputs(self.measures))
        return f"<{type(self).__name__} of {names}: {self.n_evaluations:,} evaluations>"

    @final
    def __str__(self) -> str:
        return text_of(self.measures, self.provenance)

    @final
    def _repr_html_(self) -> str:
        return html_of(self.measures, self.provenance, self._bars)

    @final
    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}


def columns_of(name: str, estimate: Estimate, level: float) -> dict[str, float]:
    """Return an estimate, its standard error and both ends of its interval, by column."""
    low, high, _ = estimate.interval(level)
    return {
        name: estimate.value,
        f"{name}_error": estimate.standard_error,
        f"{name}_low": low,
        f"{name}_high": high,
    }


def frame_of(measures: Measures, level: float) -> "pd.DataFrame":
    """Return a table of measures, a line for each output and driver."""
    import pandas as pd

    lines: dict[tuple[str, str], dict[str, float]] = {}
    for measure, outputs in measures.items():
        for output, drivers in outputs.items():
            for driver, estimate in drivers.items():
                line = lines.setdefault((output, driver), {})
                line |= columns_of(measure, estimate, level)
    table = pd.DataFrame(list(lines.values()))
    table.index = pd.MultiIndex.from_tuples(lines, names=["output", "driver"])
    return table


def text_of(measures: Measures, provenance: Provenance) -> str:
    """Return measures in characters, the strongest driver by the last of them first."""
    lines = [["", *_headings(measures)]]
    for output in _outputs(measures):
        lines.append([output, *[""] * len(measures)])
        lines += [[f"  {row[0]}", *row[1:]] for row in _rows(measures, output)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    rows = [
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*rows, *_warnings(measures, provenance), origin(provenance)])


def html_of(measures: Measures, provenance: Provenance, bars: Bars) -> str:
    """Return measures as a table of a page, each driver with a bar."""
    body = ""
    for output in _outputs(measures):
        body += f'<tr><th scope="rowgroup">{html.escape(output)}</th></tr>'
        longest = max(each.value for each in measures[bars.whole][output].values())
        unit = 1.0 if bars.are_shares or not longest > 0.0 else longest
        for name, *cells in _rows(measures, output):
            numbers = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            whole, filled = (measures[key][output][name].value for key in bars[:2])
            body += (
                f'<tr><td style="text-align:left">{html.escape(name)}</td>{numbers}'
                f"<td>{_drawn(name, whole, filled, unit)}</td></tr>"
            )
    head = "".join(
        f'<th scope="col">{each}</th>' for each in ("", *_headings(measures), "")
    )
    warnings = "".join(
        f'<p class="warning">{html.escape(each)}</p>'
        for each in _warnings(measures, provenance)
    )
    return (
        f'{STYLE}<div class="mclib-result"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{warnings}"
        f'<p class="aside">{html.escape(origin(provenance))}</p></div>'
    )


def _outputs(measures: Measures) -> list[str]:
    return list(next(iter(measures.values())))


def _headings(measures: Measures) -> list[str]:
    return [f"{name.replace('_', ' ')} (95 %)" for name in measures]


def _rows(measures: Measures, output: str) -> list[list[str]]:
    *_, last = measures.values()
    names = sorted(last[output], key=lambda name: -last[output][name].value)
    return [
        [
            name,
            *(_written(each[output][name]) for each in measures.values()),
        ]
        for name in names
    ]


def _written(estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "–"
    return str(estimate).removesuffix(" (95 %)")


def _drawn(driver: str, whole: float, filled: float, unit: float) -> str:
    outer, inner = (_BAR * min(max(each / unit, 0.0), 1.0) for each in (whole, filled))
    text = f"{filled:.2f} of {whole:.2f}" if unit == 1.0 else plain(whole, 4)
    words = html.escape(f"{driver}: {text}", quote=True)
    return (
        f'<svg viewBox="0 0 {_BAR + 2:g} 12" width="{_BAR + 2:g}" height="12" '
        f'role="img" aria-label="{words}">'
        f'<rect x="1" y="1" width="{outer:.1f}" height="10" fill="#0072B2" '
        f'fill-opacity="0.25" stroke="#0072B2"/>'
        f'<rect x="1" y="1" width="{inner:.1f}" height="10" fill="#0072B2"/></svg>'
    )


def _warnings(measures: Measures, provenance: Provenance) -> list[str]:
    found = warnings_of([], provenance)
    for output in _outputs(measures):
        least = min(
            each.n_trials for of in measures.values() for each in of[output].values()
        )
        missing = provenance.n_trials - least
        if missing:
            found.append(
                f"{output}: {missing:,} trials are left out, in which an evaluation gave "
                "no finite number."
            )
    return found
