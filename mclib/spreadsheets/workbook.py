"""Workbooks as models: `mc.Workbook`."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from mclib.distributions.distribution import Distribution
from mclib.errors import ArgumentError, law
from mclib.model import Model
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.checking import Check, compared
from mclib.spreadsheets.dependencies import dependencies
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.formulas import Refusal
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.naming import cell_of, names_of
from mclib.spreadsheets.reading import read
from mclib.spreadsheets.tracing import Formulas
from mclib.spreadsheets.values import Value

_MOST_SHOWN = 20


@final
class Workbook:
    """A workbook of a spreadsheet program, and the model that its formulas are.

    What the outputs rest on is read. Formulas that rest on no input and no parameter are
    computed once; the others are traced into one program, as a function in Python is.

    Parameters
    ----------
    path : str or path
        An ``.xlsx`` or ``.xlsm`` file. Saved by a spreadsheet program, it has values beside
        its formulas, which `check` compares with.
    inputs : mapping of str to Distribution, optional
        What is random, by cell (``"Sheet1!B3"``) or by defined name.
    parameters : sequence of str, or mapping of str to str, optional
        Cells with a number that may be changed between runs; a mapping gives them names.
    outputs : sequence of str, or mapping of str to str, optional
        Cells that are wanted; a mapping gives them names.

    Attributes
    ----------
    model : Model
        Run it with `simulate`.
    inputs, parameters, outputs : dict of str to str
        From the names in the model to the cells.
    kept : dict of str to str
        Cells whose saved value was taken, and why.

    Raises
    ------
    ArgumentError
        If the file can't be read, a name means no cell, formulas go round in a circle, or a
        cell between inputs and outputs does what can't be traced; all of them are named.

    Notes
    -----
    Names of inputs, parameters and outputs are defined names, labels beside the cells, or
    addresses. A fault such as ``#DIV/0!`` is NaN in the trials that have it, and counted
    by the result; `explain` says in which cell it arose.

    Examples
    --------
    >>> import openpyxl, tempfile, pathlib
    >>> import mclib as mc
    >>> book = openpyxl.Workbook()
    >>> for row in (["units", 100], ["price", 20], ["revenue", "=B1*B2"]):
    ...     book.active.append(row)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "plan.xlsx"
    >>> book.save(path)
    >>> plan = mc.Workbook(
    ...     path,
    ...     inputs={"B1": mc.Triangular(80, 100, 150)},
    ...     parameters=["B2"],
    ...     outputs=["B3"],
    ... )
    >>> plan.outputs
    {'revenue': 'Sheet!B3'}
    >>> print(mc.simulate(plan.model, 100_000, seed=7)["revenue"].mean)
    2,199.8 ± 1.8 (95 %)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        inputs: Mapping[str, Distribution] | None = None,
        parameters: Sequence[str] | Mapping[str, str] | None = None,
        outputs: Sequence[str] | Mapping[str, str] | None = None,
    ) -> None:
        self._book = book = read(path)
        given = {cell_of(book, key, "inputs"): each for key, each in (inputs or {}).items()}
        for each in given.values():
            if not isinstance(each, Distribution):
                raise law("inputs", "be distributions", each)
        fixed = self._cells(parameters, "parameters")
        wanted = self._cells(outputs, "outputs")
        if not wanted:
            must = "name at least one cell"
            raise law("outputs", must, outputs, 'write `outputs={"npv": "Sheet1!B20"}`.')
        called = self._called(given, fixed, wanted)
        self._reach = dependencies(book, wanted, {*given, *fixed})
        known = self._folded()
        numbers = {called[cell]: self._number(cell) for cell in fixed}
        self._function = Formulas(
            book=book,
            order=tuple(cell for cell in self._reach.order if cell in self._reach.live),
            known=known,
            given={cell: called[cell] for cell in (*given, *fixed)},
            outputs={called[cell]: cell for cell in wanted},
            defaults=numbers,
        )
        distributions = {called[cell]: each for cell, each in given.items()}
        self._refuse(self._function.refusals(distributions))
        self.model = Model(self._function, Path(path).stem, distributions, numbers)
        self.inputs = {called[cell]: str(cell) for cell in given}
        self.parameters = {called[cell]: str(cell) for cell in fixed}
        self.outputs = {called[cell]: str(cell) for cell in wanted}

    def __repr__(self) -> str:
        lines = [f"<Workbook {Path(self._book.path).name}"]
        for title, cells in (
            ("inputs", self.inputs),
            ("parameters", self.parameters),
            ("outputs", self.outputs),
        ):
            if cells:
                lines.append(f"  {title}")
            for name, cell in cells.items():
                lines.append(f"    {cell}  {self._said(name, cell)}")
        n_live = len(self._reach.live)
        n_folded = len(self._reach.order) - n_live - len(self.kept)
        lines.append(f"  formulas: {n_live:,} traced, {n_folded:,} computed once")
        lines += [f"  {cell} has its saved value: {why}" for cell, why in self.kept.items()]
        return "\n".join(lines) + ">"

    def _said(self, name: str, cell: str) -> str:
        shown = "" if name == cell else name
        if name in self.model.inputs:
            return f"{shown} ~ {self.model.inputs[name]!r}".strip()
        if name in self.model.constants:
            return f"{shown} = {self.model.constants[name]:g}".strip()
        return shown

    def check(self, *, tolerance: float = 1e-14) -> Check:
        """Compute the workbook as it was saved, and compare every cell.

        Inputs and parameters have the numbers that stand in their cells.

        Parameters
        ----------
        tolerance : float, default 1e-14
            How far apart two numbers may be, in parts of the larger.

        Returns
        -------
        Check
            The cells that differ.
        """
        return compared(self._book, self._reach, self._base(), tolerance)

    def _cells(self, given: Any, what: str) -> dict[Cell, str | None]:
        if given is None:
            return {}
        if isinstance(given, str):
            raise law(what, "be a list of cells or a mapping of names to cells", given)
        if isinstance(given, Mapping):
            return {cell_of(self._book, text, what): name for name, text in given.items()}
        return {cell_of(self._book, text, what): None for text in given}

    def _called(
        self,
        inputs: Mapping[Cell, Any],
        parameters: Mapping[Cell, str | None],
        outputs: Mapping[Cell, str | None],
    ) -> dict[Cell, str]:
        chosen = {**parameters, **outputs}
        found = names_of(self._book, (*inputs, *parameters, *outputs))
        found |= {cell: name for cell, name in chosen.items() if name is not None}
        for cell in outputs:
            if cell in inputs or cell in parameters:
                must = "be cells with formulas, and not inputs or parameters"
                raise law("outputs", must, str(cell))
        for cell in {*inputs} & {*parameters}:
            raise law("parameters", "be other cells than inputs", str(cell))
        names = list(found.values())
        for name in names:
            if names.count(name) > 1:
                must = "have names of their own"
                raise law("inputs, parameters, outputs", must, name)
        return found

    def _number(self, cell: Cell) -> float:
        value = self._book.constants.get(cell, self._book.saved.get(cell))
        if not isinstance(value, float):
            raise law("parameters", "be cells with numbers", f"{cell} with {value!r}")
        return value

    def _folded(self) -> dict[Cell, Value]:
        """Compute what can't change; what can't be computed keeps its saved value."""
        known: dict[Cell, Value] = {}
        evaluator = Evaluator(self._book, known, {}, FUNCTIONS)
        self.kept: dict[str, str] = {}
        problems = dict(self._reach.refused)
        for cell in self._reach.order:
            if cell in self._reach.live or cell in problems:
                continue
            try:
                known[cell] = evaluator.cell(cell)
            except Refusal as refusal:
                if cell not in self._book.saved:
                    problems[cell] = f"{refusal}, and it has no saved value"
                    continue
                known[cell] = self._book.saved[cell]
                self.kept[str(cell)] = str(refusal)
        self._refuse(problems)
        return known

    def _base(self) -> dict[Cell, Value]:
        numbers: dict[Cell, Value] = {}
        for cell, name in self._function.given.items():
            value = self._book.constants.get(cell, self._book.saved.get(cell))
            if not isinstance(value, float):
                value = float(self.model.inputs[name].mean)
            numbers[cell] = value
        return numbers

    def _refuse(self, problems: Mapping[Cell, str]) -> None:
        if not problems:
            return
        lines = [f"  {cell}: {why}." for cell, why in problems.items()]
        if len(lines) > _MOST_SHOWN:
            lines[_MOST_SHOWN:] = [f"  and {len(lines) - _MOST_SHOWN} more."]
        n = "a cell does" if len(problems) == 1 else f"{len(problems)} cells do"
        raise ArgumentError(
            f"what an output rests on must be formulas that can be traced; {n} otherwise:\n"
            + "\n".join(lines)
            + "\nhint: replace it in the workbook, or take the cell as an input or a "
            "parameter."
        )
