"""States that were saved under a name, and how their results differ on the same draws."""

import html
from dataclasses import dataclass, field
from typing import Any

from mclib import plots
from mclib.errors import MclibError
from mclib.results.result import Result
from mclib.widgets.state import State
from mclib.widgets.texts import Words


@dataclass
class Scenarios:
    """Saved states with their results, the first being what others are compared with."""

    saved: dict[str, tuple[State, Result]] = field(default_factory=dict)
    words: Words = field(default_factory=Words)

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
            for each in (
                "",
                self.words("mean"),
                *("P5", "P50", "P95"),
                f"- {names[0]}" if names else "",
                self.words("what differs from the model"),
            )
        )
        rows = []
        for name, (state, result) in self.saved.items():
            found = result[output]
            low, middle, high = (e.rounded() for e in found.quantile([0.05, 0.5, 0.95]))
            mean = str(found.mean).removesuffix(" (95 %)")
            cells = [mean, low, middle, high, self._change(name, output)]
            changes = [f"{key} = {value:g}" for key, value in state.numbers.items()]
            changes += [f"{key} ~ {each!r}" for key, each in state.inputs.items()]
            cells.append(", ".join(changes) or self.words("nothing"))
            numbers = "".join(f"<td>{html.escape(each)}</td>" for each in cells)
            rows.append(f'<tr><th scope="row">{html.escape(name)}</th>{numbers}</tr>')
        return (
            "<style>.mclib-scenarios td,.mclib-scenarios th{padding:2px 12px 2px 0;"
            "text-align:right;font-variant-numeric:tabular-nums}</style>"
            # On a phone the table is moved aside in its place, by the keyboard too.
            '<div style="overflow-x:auto" tabindex="0" role="region" '
            f'aria-label="{html.escape(self.words("Scenarios"))}">'
            f'<table class="mclib-scenarios"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def _change(self, name: str, output: str) -> str:
        first = next(iter(self.saved))
        if name == first:
            return ""
        try:
            figure = plots.difference(self.saved[first][1], self.saved[name][1], output)
        except MclibError:
            # Of other seeds or samplers nothing can be paired.
            return self.words("other draws")
        table = dict(figure.layout.meta["table"])
        figure.close()
        return f"{table['mean']} ± {table['± s.e.']} s.e."
