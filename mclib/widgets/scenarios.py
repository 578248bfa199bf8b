"""States that were saved under a name, and how their results differ on the same draws."""

import html
from dataclasses import dataclass, field
from typing import Any

from mclib import plots
from mclib.errors import MclibError
from mclib.results.result import Result
from mclib.widgets.state import State


@dataclass
class Scenarios:
    """Saved states with their results, the first being what others are compared with."""

    saved: dict[str, tuple[State, Result]] = field(default_factory=dict)

    def save(self, name: str, state: State, result: Result) -> None:
        """Keep a state under a name; one of the same name is replaced."""
        self.saved[name] = (state, result)

    def figure(self, output: str, unit: str) -> Any:
        """Return all of them over each other."""
        return plots.overlay(
            {name: result[output] for name, (_, result) in self.saved.items()}, unit=unit
        )

    def table(self, output: str) -> str:
        """Return what they say side by side, as HTML; differences are trial by trial."""
        names = list(self.saved)
        head = "".join(
            f'<th scope="col">{html.escape(each)}</th>'
            for each in ("", "mean", "P5", "P50", "P95", f"- {names[0]}" if names else "")
        )
        rows = []
        for name, (state, result) in self.saved.items():
            found = result[output]
            low, middle, high = (e.rounded() for e in found.quantile([0.05, 0.5, 0.95]))
            mean = str(found.mean).removesuffix(" (95 %)")
            cells = [mean, low, middle, high, self._change(name, output)]
            numbers = "".join(f"<td>{html.escape(each)}</td>" for each in cells)
            changes = ", ".join(
                f"{key} = {value:g}" for key, value in state.numbers.items()
            )
            title = html.escape(changes or "as the model is")
            rows.append(
                f'<tr><th scope="row" title="{title}">{html.escape(name)}</th>'
                f"{numbers}</tr>"
            )
        return (
            "<style>.mclib-scenarios td,.mclib-scenarios th{padding:2px 12px 2px 0;"
            "text-align:right;font-variant-numeric:tabular-nums}</style>"
            f'<table class="mclib-scenarios"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )

    def _change(self, name: str, output: str) -> str:
        first = next(iter(self.saved))
        if name == first:
            return ""
        try:
            figure = plots.difference(self.saved[first][1], self.saved[name][1], output)
        except MclibError:
            # Of other seeds or samplers nothing can be paired.
            return "other draws"
        table = dict(figure.layout.meta["table"])
        figure.close()
        return f"{table['mean']} ± {table['± s.e.']} s.e."
