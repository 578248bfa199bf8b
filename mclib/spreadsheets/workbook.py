"""Workbooks as models: `mc.Workbook`."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from mclib.correlating import correlate
from mclib.distributions import Distribution, Tabulated, Uniform
from mclib.errors import ArgumentError, law
from mclib.expressions.tracing import plain_numbers
from mclib.model import Model
from mclib.results.trial import Trial
from mclib.spreadsheets.addins import Draw, found
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.checking import Check, compared
from mclib.spreadsheets.compounding import take_compounds
from mclib.spreadsheets.correlations import correlations
from mclib.spreadsheets.dependencies import dependencies
from mclib.spreadsheets.drawing import distribution
from mclib.spreadsheets.evaluating import Evaluator, nothing_drawn
from mclib.spreadsheets.formulas import Drawn, Reference, walk
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.naming import cell_of, names
from mclib.spreadsheets.reading import read
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.tracing import Formulas, Source
from mclib.spreadsheets.values import NUMBER, Fault, Traced, Value

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
        What is random, by cell (``"Sheet1!B3"``) or by defined name. It takes the place of
        what stands there.
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
    by the result; `faults` says in which cell it arose.

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
        self.inputs: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self._book = book = read(path)
        given = {cell_of(book, key, "inputs"): each for key, each in (inputs or {}).items()}
        for cell, each in given.items():
            if hasattr(each, "cdf") and not isinstance(each, (Distribution, type)):
                given[cell] = Tabulated(each)
            elif not isinstance(each, Distribution):
                raise law("inputs", "be distributions", each)
        fixed = self._cells(parameters, "parameters")
        own = found(book, {*given, *fixed})
        take_compounds(book, own, {*given, *fixed})
        wanted = self._cells(outputs, "outputs") if outputs is not None else own.outputs
        if not wanted:
            must = "name at least one cell"
            raise law("outputs", must, outputs, 'write `outputs={"npv": "Sheet1!B20"}`.')
        self._reach = dependencies(book, wanted, {*given, *fixed})
        draws = {
            key: each
            for key, each in own.draws.items()
            if each.cell in self._reach.live and each.cell not in self._reach.refused
        }
        called = names(book, given, fixed, wanted, draws)
        known, problems = self._folded()
        numbers = {called.cells[cell]: self._number(cell) for cell in fixed}
        varying = {
            key for key, each in draws.items() if self._varies(each, {*given, *fixed})
        }
        sources = {
            key: Source(each, called.draw(key, varies=key in varying), key in varying)
            for key, each in draws.items()
        }
        self._function = Formulas(
            book=book,
            order=tuple(cell for cell in self._reach.order if cell in self._reach.live),
            known=known,
            given={cell: called.cells[cell] for cell in (*given, *fixed)},
            sources=sources,
            outputs={called.cells[cell]: cell for cell in wanted},
            defaults=numbers,
            losses=own.losses,
        )
        self._refuse(problems | self._function.refusals(problems))
        distributions = {called.cells[cell]: each for cell, each in given.items()}
        distributions |= self._distributions(sources.values(), known)
        model = Model(self._function, Path(path).stem, distributions, numbers)
        targets = correlations(book, sources.values(), known)
        self.model = correlate(model, targets) if targets else model
        self.inputs = {called.cells[cell]: str(cell) for cell in given}
        self.inputs |= {each.name: str(each.draw.cell) for each in sources.values()}
        self.parameters = {called.cells[cell]: str(cell) for cell in fixed}
        self.outputs = {called.cells[cell]: str(cell) for cell in wanted}

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
        numbers = {name: each.mean for name, each in self.model.inputs.items()}
        return compared(self._function, self._reach, self._base(), numbers, tolerance)

    def cells(self, trial: Mapping[str, float] | Trial) -> dict[str, Any]:
        """Return what the cells hold in one trial: those that can change, by address.

        Parameters
        ----------
        trial : Trial, or mapping of str to float
            A trial of a run with the workbook's own parameters, ``result.trial(17)``, or
            the inputs, and parameters if they are others, by name.

        Returns
        -------
        dict of str to float, bool, text or fault
            A fault shows as a spreadsheet shows it, ``#DIV/0!``. Cells that rest on the
            single losses of a ``RiskCompound`` are left out: those aren't kept.
        """
        given = trial.inputs if isinstance(trial, Trial) else trial
        for name in self.model.inputs:
            if name not in given:
                raise law(
                    "trial", f"have every input ({', '.join(self.model.inputs)})", name
                )
        found = self._function.cells(given)
        return {str(cell): _shown(each) for cell, each in found.items() if _is_sure(each)}

    def faults(self, trial: Mapping[str, float] | Trial) -> dict[str, str]:
        """Return the cells in which a trial's faults arise, and not only arrive.

        Parameters
        ----------
        trial : Trial, or mapping of str to float
            As for `cells`.

        Returns
        -------
        dict of str to str
            By address the fault, such as ``{"Sheet1!B7": "#DIV/0!"}``.
        """
        held = self.cells(trial)
        bad = {cell: str(value) for cell, value in held.items() if isinstance(value, Fault)}
        return {
            str(cell): bad[str(cell)]
            for cell in self._function.order
            if str(cell) in bad
            and not any(str(each) in bad for each in self._book.precedents(cell))
        }

    def _cells(self, given: Any, what: str) -> dict[Cell, str | None]:
        if given is None:
            return {}
        if isinstance(given, str):
            raise law(what, "be a list of cells or a mapping of names to cells", given)
        if isinstance(given, Mapping):
            return {cell_of(self._book, text, what): name for name, text in given.items()}
        return {cell_of(self._book, text, what): None for text in given}

    def _varies(self, draw: Draw, sources: set[Cell]) -> bool:
        parts = (*draw.arguments, draw.low, draw.high, draw.shift)
        places = [
            part.place
            for each in parts
            if each is not None
            for part in walk(each)
            if isinstance(part, Reference)
        ]
        moving = self._reach.live | sources
        return any(
            isinstance(part, Drawn)
            for each in parts
            if each is not None
            for part in walk(each)
        ) or any(cell in moving for place in places for cell in self._book.cells(place))

    def _distributions(
        self, sources: Iterable[Source], known: Mapping[Cell, Value]
    ) -> dict[str, Distribution]:
        evaluator = Evaluator(self._book, known, nothing_drawn, FUNCTIONS)
        made: dict[str, Distribution] = {}
        problems = {}
        for each in sources:
            try:
                made[each.name] = (
                    Uniform(0.0, 1.0) if each.varies else distribution(each.draw, evaluator)
                )
            except Refusal as refusal:
                problems[each.draw.cell] = str(refusal)
        self._refuse(problems)
        return made

    def _number(self, cell: Cell) -> float:
        value = self._book.constants.get(cell, self._book.saved.get(cell))
        if not isinstance(value, float):
            raise law("parameters", "be cells with numbers", f"{cell} with {value!r}")
        return value

    def _folded(self) -> tuple[dict[Cell, Value], dict[Cell, str]]:
        """Compute what can't change; what can't be computed keeps its saved value."""
        known: dict[Cell, Value] = {}
        evaluator = Evaluator(self._book, known, nothing_drawn, FUNCTIONS)
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
        return known, problems

    def _base(self) -> dict[Cell, Value]:
        numbers: dict[Cell, Value] = {}
        for cell, name in self._function.given.items():
            value = self._book.constants.get(cell, self._book.saved.get(cell))
            if not isinstance(value, float):
                value = float(self.model.inputs[name].mean)
            numbers[cell] = value
        for source in self._function.sources.values():
            if source.draw.cell in self._book.saved:
                numbers[source.draw.cell] = self._book.saved[source.draw.cell]
        for cell in self._function.order:
            parts = walk(self._book.tree(cell))
            if cell in self._book.saved and any(map(self._function.is_sum, parts)):
                numbers[cell] = self._book.saved[cell]
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


def _is_sure(value: Value) -> bool:
    """Whether a value is the same whatever else is drawn."""
    return not isinstance(value, Traced) or value.value.node.is_uniform


def _shown(value: Value) -> Any:
    """Return what a cell holds, evaluated where it was computed as a traced value."""
    if isinstance(value, Traced):
        found = plain_numbers(value.value)
        return NUMBER if found != found else found
    return value
