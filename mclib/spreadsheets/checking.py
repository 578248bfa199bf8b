"""Checking a workbook: what it gives here, beside what was saved with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.dependencies import Dependencies
from mclib.spreadsheets.drawing import distribution
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.formulas import Drawn
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.tracing import Formulas
from mclib.spreadsheets.values import Value

if TYPE_CHECKING:
    import pandas as pd

_MOST_SHOWN = 20


@dataclass(frozen=True)
class Difference:
    """A cell that comes out otherwise than it was saved.

    Attributes
    ----------
    cell : str
        Its address.
    ours, saved : constant
        What it gives here, and what was saved with the workbook.
    """

    cell: str
    ours: Any
    saved: Any


@dataclass(frozen=True)
class Check:
    """How a workbook's formulas come out here, beside what was saved with it.

    Attributes
    ----------
    n_compared : int
        Cells that were compared.
    n_without_value : int
        Cells with a formula and no saved value, as other programs than spreadsheets leave.
    differences : tuple of Difference
        The cells that differ.
    """

    n_compared: int
    n_without_value: int
    differences: tuple[Difference, ...]

    @property
    def is_same(self) -> bool:
        """Whether cells were compared, and none differs."""
        return self.n_compared > 0 and not self.differences

    def __str__(self) -> str:
        n, n_bad = self.n_compared, len(self.differences)
        lines = [f"{n:,} cells compared with what was saved, {n_bad:,} differ"]
        if self.n_without_value:
            hint = "open it in a spreadsheet program and save it"
            lines.append(f"{self.n_without_value:,} cells have no saved value: {hint}")
        lines += [
            f"{each.cell}: here {each.ours!r}, saved {each.saved!r}"
            for each in self.differences[:_MOST_SHOWN]
        ]
        if n_bad > _MOST_SHOWN:
            lines.append(f"and {n_bad - _MOST_SHOWN:,} more")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Check {self}>"

    def to_frame(self) -> "pd.DataFrame":
        """Table of the cells that differ."""
        import pandas as pd

        lines = [(each.cell, each.ours, each.saved) for each in self.differences]
        return pd.DataFrame(lines, columns=["cell", "ours", "saved"]).set_index("cell")


def compared(
    formulas: Formulas,
    reach: Dependencies,
    base: Mapping[Cell, Value],
    means: Mapping[str, float],
    tolerance: float,
) -> Check:
    """Compute all formulas with the saved inputs, and compare them with what was saved.

    Parameters
    ----------
    formulas : Formulas
        Those of the model.
    reach : Dependencies
        All formulas behind the outputs.
    base : mapping of Cell to value
        What inputs, parameters and cells with a draw hold in the workbook.
    means : mapping of str to float
        What a draw is where the workbook doesn't say.
    tolerance : float
        In parts of the larger number.
    """
    book = formulas.book
    known: dict[Cell, Value] = dict(base)

    def draw(drawn: Drawn, evaluator: Evaluator) -> Value:
        if formulas.is_sum(drawn):
            raise Refusal("it sums many draws, and has no saved value")
        source = formulas.sources[drawn.name]
        if source.varies:
            return float(distribution(source.draw, evaluator).mean)
        return float(means[source.name])

    evaluator = Evaluator(book, known, draw, FUNCTIONS)
    differences = []
    n_compared = n_without = 0
    for cell in reach.order:
        if cell in base:
            continue
        try:
            known[cell] = evaluator.cell(cell)
        except Refusal:
            known[cell] = book.saved.get(cell)
            continue
        if cell not in book.saved:
            n_without += 1
            continue
        n_compared += 1
        if not _same(known[cell], book.saved[cell], tolerance):
            differences.append(Difference(str(cell), known[cell], book.saved[cell]))
    return Check(n_compared, n_without, tuple(differences))


def _same(ours: Value, saved: Value, tolerance: float) -> bool:
    if isinstance(ours, float) and isinstance(saved, float):
        return abs(ours - saved) <= tolerance * max(abs(ours), abs(saved))
    return type(ours) is type(saved) and bool(ours == saved)
