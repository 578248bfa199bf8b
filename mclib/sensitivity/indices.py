"""Sobol' indices as people see them: estimates by output and driver, a table, a drawing."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.results.display import STYLE, origin
from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd

_BAR = 120.0
_SUFFIX = " (95 %)"


@dataclass(frozen=True, repr=False)
class SobolIndices:
    """Which part of each output's variance each driver makes.

    Attributes
    ----------
    first_order, total : mapping of str to mapping of str to Estimate
        By output and driver: what it makes alone, and what it makes in all.
    second_order : mapping of str to mapping of (str, str) to Estimate
        By output and two drivers: what they make together and neither alone; empty if it
        wasn't asked for.
    n_evaluations : int
        How often the model was evaluated.
    provenance : Provenance
        What is needed to get the same numbers again.
    """

    first_order: Mapping[str, Mapping[str, Estimate]]
    total: Mapping[str, Mapping[str, Estimate]]
    second_order: Mapping[str, Mapping[tuple[str, str], Estimate]]
    n_evaluations: int
    provenance: Provenance

    def to_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of all indices of single drivers.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            By output and driver: first order and total, each with its standard error and
            both ends of its interval.
        """
        import pandas as pd

        lines = {
            (output, driver): {
                **_columns("first_order", alone, level),
                **_columns("total", self.total[output][driver], level),
            }
            for output, drivers in self.first_order.items()
            for driver, alone in drivers.items()
        }
        table = pd.DataFrame.from_dict(lines, orient="index")
        table.index = pd.MultiIndex.from_tuples(lines, names=["output", "driver"])
        return table

    def to_pair_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of second-order indices, by output and two drivers.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            Empty if they weren't asked for.
        """
        import pandas as pd

        lines = {
            (output, *pair): _columns("second_order", estimate, level)
            for output, pairs in self.second_order.items()
            for pair, estimate in pairs.items()
        }
        names = ["output", "driver", "other"]
        table = pd.DataFrame(list(lines.values()))
        table.index = pd.MultiIndex.from_tuples(lines, names=names)
        return table

    def __repr__(self) -> str:
        names = ", ".join(self.first_order)
        return f"<SobolIndices of {names}: {self.n_evaluations:,} evaluations>"

    def __str__(self) -> str:
        lines = [["", "first order (95 %)", "total (95 %)"]]
        for output in self.first_order:
            lines.append([output, "", ""])
            lines += [[f"  {name}", *cells] for name, *cells in self._rows(output)]
        widths = [max(len(line[k]) for line in lines) for k in range(3)]
        rows = [
            f"{name:<{widths[0]}}  {alone:>{widths[1]}}  {total:>{widths[2]}}".rstrip()
            for name, alone, total in lines
        ]
        return "\n".join([*rows, *self._warnings(), origin(self.provenance)])

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="rowgroup">{html.escape(output)}</th></tr>'
            + "".join(
                f'<tr><td style="text-align:left">{html.escape(name)}</td><td>{alone}</td>'
                f"<td>{total}</td><td>{self._bar(output, name)}</td></tr>"
                for name, alone, total in self._rows(output)
            )
            for output in self.first_order
        )
        warnings = "".join(
            f'<p class="warning">{html.escape(each)}</p>' for each in self._warnings()
        )
        heads = ("", "first order (95 %)", "total (95 %)", "")
        head = "".join(f'<th scope="col">{each}</th>' for each in heads)
        return (
            f'{STYLE}<div class="mclib-result"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>{warnings}"
            f'<p class="aside">{html.escape(origin(self.provenance))}</p></div>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def _rows(self, output: str) -> list[tuple[str, str, str]]:
        """Drivers with their indices in words, the strongest first."""
        alone, total = self.first_order[output], self.total[output]
        names = sorted(alone, key=lambda name: -total[name].value)
        return [
            (
                name,
                str(alone[name]).removesuffix(_SUFFIX),
                str(total[name]).removesuffix(_SUFFIX),
            )
            for name in names
        ]

    def _bar(self, output: str, driver: str) -> str:
        """Draw the total index, and within it the first-order one, filled."""
        alone, total = (
            _BAR * min(max(each[output][driver].value, 0.0), 1.0)
            for each in (self.first_order, self.total)
        )
        words = f"{driver}: {alone / _BAR:.2f} alone, {total / _BAR:.2f} in all"
        return (
            f'<svg viewBox="0 0 {_BAR + 2:g} 12" width="{_BAR + 2:g}" height="12" '
            f'role="img" aria-label="{html.escape(words, quote=True)}">'
            f'<rect x="1" y="1" width="{total:.1f}" height="10" fill="#0072B2" '
            f'fill-opacity="0.25" stroke="#0072B2"/>'
            f'<rect x="1" y="1" width="{alone:.1f}" height="10" fill="#0072B2"/></svg>'
        )

    def _warnings(self) -> list[str]:
        found = []
        for output, drivers in self.first_order.items():
            least = min(each.n_trials for each in drivers.values())
            missing = self.provenance.n_trials - least
            if missing:
                found.append(
                    f"{output}: {missing:,} trials are left out, in which an evaluation "
                    "gave no finite number."
                )
        return found


def _columns(name: str, estimate: Estimate, level: float) -> dict[str, float]:
    low, high, _ = estimate.interval(level)
    return {
        name: estimate.value,
        f"{name}_error": estimate.standard_error,
        f"{name}_low": low,
        f"{name}_high": high,
    }
