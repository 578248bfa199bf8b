"""Parameters of a notebook: what its cell tagged ``parameters`` assigns, read and changed.

A line is a parameter if it gives one name a number, a text, or True or False. The comment
behind it says what it is; brackets in the comment say what it may be::

    tax_rate = 0.25  # share of the profit [0 to 1]
    n_trials = 1_000_000  # [from 1000]
    market: str = "home"  # where it is sold [home | abroad]

Nothing is executed to read them.
"""

import ast
import difflib
import io
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mclib.errors import ArgumentError, law

TAG, CHANGED_TAG = "parameters", "injected-parameters"
"""As papermill has them: what it can run, this can run, and the other way round."""

Value = bool | int | float | str

_TYPES: Mapping[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BOUNDS = re.compile(
    rf"(?:(?P<low>{_NUMBER})\s+to\s+(?P<high>{_NUMBER})"
    rf"|from\s+(?P<least>{_NUMBER})|up\s+to\s+(?P<most>{_NUMBER}))"
)
_BRACKETS = re.compile(r"\s*\[(?P<law>[^\[\]]*)\]\s*$")
_LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Parameter:
    """One number, text, or choice that a notebook can be run with.

    Attributes
    ----------
    name : str
        What the notebook calls it.
    type : str
        ``"bool"``, ``"int"``, ``"float"`` or ``"str"``.
    default : bool, int, float or str
        What the notebook gives it.
    help : str
        The comment behind it.
    minimum, maximum : float, optional
        Which numbers it may be, ends included.
    choices : tuple, optional
        Which values it may be.
    value : bool, int, float or str, optional
        What a run gives it; its default where nothing else was asked for.
    """

    name: str
    type: str
    default: Value
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] | None = None
    value: Value | None = None

    def checked(self, value: Any) -> Value:
        """Return a value as this parameter has it.

        Raises
        ------
        ArgumentError
            If it is of another type, or none that it may be.
        """
        found = self._typed(value)
        if self.choices is not None and found not in self.choices:
            choices = ", ".join(map(repr, self.choices))
            raise law(self.name, f"be one of {choices}", value)
        low, high = self.minimum, self.maximum
        is_within = isinstance(found, str) or (
            (low is None or found >= low) and (high is None or found <= high)
        )
        if not is_within:
            raise law(self.name, f"be {_between(low, high)}", value)
        return found

    def _typed(self, value: Any) -> Value:
        if self.type == "str" and isinstance(value, str) and len(value) <= _LONGEST_TEXT:
            return value
        if self.type == "bool" and isinstance(value, bool):
            return value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value):
            if self.type == "float":
                return float(value)
            if self.type == "int" and value == int(value):
                return int(value)
        must = {
            "str": f"be a text of at most {_LONGEST_TEXT:,} characters",
            "bool": "be true or false",
            "int": "be a whole number",
            "float": "be a finite number",
        }
        raise law(self.name, must[self.type], value)

    def as_dict(self) -> dict[str, Any]:
        """Return it in the terms of JSON, without what it hasn't."""
        return {key: each for key, each in asdict(self).items() if each is not None}


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"


def parameters_of(notebook: Any) -> list[Parameter]:
    """Read the parameters of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        As `nbformat` reads it.

    Raises
    ------
    ArgumentError
        If there are two such cells, it is no Python, or a comment says what can't be.
    """
    cells = [cell for cell in notebook.cells if has_tag(cell, TAG)]
    if len(cells) > 1:
        must = f"have one cell tagged `{TAG}` at most"
        raise law("notebook", must, f"{len(cells)} cells")
    return parameters_in(cells[0].source) if cells else []


def has_tag(cell: Any, tag: str) -> bool:
    """Whether it is a cell of code with this tag."""
    return cell.cell_type == "code" and tag in cell.metadata.get("tags", ())


def parameters_in(source: str) -> list[Parameter]:
    """Read the parameters that Python text assigns.

    Examples
    --------
    >>> parameters_in("tax_rate = 0.25  # share of the profit [0 to 1]")
    ... # doctest: +NORMALIZE_WHITESPACE
    [Parameter(name='tax_rate', type='float', default=0.25, help='share of the profit',
     minimum=0.0, maximum=1.0, choices=None, value=None)]
    """
    try:
        lines = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        must = f"be Python in its cell tagged `{TAG}`"
        raise law("notebook", must, str(error)) from error
    found = (_parameter(line, comments) for line in lines)
    # What is assigned twice is what it was at last.
    return list({each.name: each for each in found if each is not None}.values())


def _comments(source: str) -> dict[int, str]:
    words = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        word.start[0]: word.string.lstrip("#").strip()
        for word in words
        if word.type == tokenize.COMMENT
    }


def _parameter(line: ast.stmt, comments: Mapping[int, str]) -> Parameter | None:
    match line:
        case ast.Assign(targets=[ast.Name(id=name)]):
            annotation = ""
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            annotation = ast.unparse(line.annotation)
        case _:
            return None
    try:
        default = ast.literal_eval(line.value or "None")
    except ValueError:
        return None
    kind = annotation if annotation in _TYPES else type(default).__name__
    if kind not in _TYPES or not isinstance(default, bool | int | float | str):
        return None
    said = comments.get(line.end_lineno or line.lineno, "")
    brackets = _BRACKETS.search(said)
    parameter = Parameter(name, kind, default, _BRACKETS.sub("", said))
    if brackets:
        parameter = _lawful(parameter, brackets["law"].strip())
    return replace(parameter, default=parameter.checked(default))


def _lawful(parameter: Parameter, text: str) -> Parameter:
    """Return it with what the brackets say it may be."""
    if "|" in text:
        read = [_choice(parameter, each.strip()) for each in text.split("|")]
        return replace(parameter, choices=tuple(map(parameter.checked, read)))
    bounds = _BOUNDS.fullmatch(text)
    if bounds is None or parameter.type not in ("int", "float"):
        # Brackets of another meaning, as in "[EUR]".
        return replace(parameter, help=f"{parameter.help} [{text}]".strip())
    low, high = bounds["low"] or bounds["least"], bounds["high"] or bounds["most"]
    minimum, maximum = (None if each is None else float(each) for each in (low, high))
    if minimum is not None and maximum is not None and minimum > maximum:
        raise law(parameter.name, "have a range whose first end is the lower one", text)
    return replace(parameter, minimum=minimum, maximum=maximum)


def _choice(parameter: Parameter, text: str) -> Any:
    if parameter.type == "str":
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def with_values(
    parameters: Sequence[Parameter], values: Mapping[str, Any]
) -> list[Parameter]:
    """Return the parameters as a run has them.

    Parameters
    ----------
    parameters : sequence of Parameter
        What there is.
    values : mapping of str to bool, int, float or str
        What is asked for.

    Raises
    ------
    ArgumentError
        If there is no such parameter, or it may not be that; each that is wrong is named.
    """
    if not isinstance(values, Mapping):
        raise law("parameters", "be a mapping of names to values", values)
    known = [each.name for each in parameters]
    wrong = [str(_unknown(name, known)) for name in values if name not in known]
    found = []
    for each in parameters:
        try:
            found.append(
                replace(each, value=each.checked(values.get(each.name, each.default)))
            )
        except ArgumentError as error:
            wrong.append(str(error))
    if wrong:
        raise ArgumentError("\n".join(wrong))
    return found


def _unknown(name: str, known: Sequence[str]) -> ArgumentError:
    if not known:
        hint = f"tag the cell that assigns it `{TAG}`."
        return law("parameters", "be those of the notebook, and it has none", name, hint)
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else ""
    return law(
        "parameters",
        f"be those of the notebook ({', '.join(known)})",
        name,
        hint or None,
    )


def change(notebook: Any, parameters: Sequence[Parameter]) -> None:
    """Put a cell behind the parameters' own that gives them other values.

    Where they all are as the notebook has them, there is no such cell.
    """
    from nbformat.v4 import new_code_cell

    cells = [cell for cell in notebook.cells if not has_tag(cell, CHANGED_TAG)]
    changed = [each for each in parameters if each.value != each.default]
    if changed:
        lines = [f"{each.name} = {each.value!r}" for each in changed]
        cell = new_code_cell(
            "\n".join(["# Parameters of this run", *lines]), id=CHANGED_TAG
        )
        cell.metadata["tags"] = [CHANGED_TAG]
        place = next(at for at, each in enumerate(cells, 1) if has_tag(each, TAG))
        cells.insert(place, cell)
    notebook.cells = cells
