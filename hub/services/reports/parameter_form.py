"""A form of a notebook's parameters: fields of their types, and laws beside them.

What a parameter may be stands in the notebook, in the comment behind it (`mclib.reports`
reads it); a version's ``report.json`` brings it here. The same is checked again in the
server that runs the notebook.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import HTTPException

from hub.services.reports.made import Declared, Made, Value

__all__ = [
    "PREFIX",
    "FormField",
    "WrongValue",
    "checked",
    "fields_of",
    "require_parameters",
    "require_small",
    "typed_in",
    "values_of",
]

PREFIX: Final = "parameter."
"""What the name of a parameter's field begins with: no other field's does."""

_LONGEST_TEXT: Final = 10_000
_LONGEST_NUMBER: Final = 400
_MOST_BYTES: Final = 2**18
_MOST_BITS: Final = 64
_SHOWN: Final = 60
_TRUE, _FALSE = "true", "false"


class WrongValue(ValueError):
    """A parameter may not be that; its text says law and value."""


@dataclass(frozen=True, kw_only=True)
class FormField:
    """A field of the form."""

    name: str
    kind: str
    text: str
    help: str
    law: str
    default: str
    choices: tuple[tuple[str, str], ...]
    wrong: str

    @property
    def is_long(self) -> bool:
        """Whether its text has several lines, or would not fit in one."""
        return self.kind == "str" and ("\n" in self.text or len(self.text) > _SHOWN)


def checked(parameter: Declared, value: Any) -> Value:
    """A value as the parameter has it.

    Raises
    ------
    WrongValue
        If it is of another type, too large, or none that it may be.

    Examples
    --------
    >>> rate = Declared(name="rate", type="float", default=0.02, minimum=0, maximum=1)
    >>> checked(rate, 1)
    1.0
    >>> checked(rate, 2)
    Traceback (most recent call last):
        ...
    hub.services.reports.parameter_form.WrongValue: `rate` must be from 0 to 1; got 2.
    """
    found = _typed(parameter, value)
    if parameter.choices is not None and found not in parameter.choices:
        choices = ", ".join(map(repr, parameter.choices))
        raise _wrong(parameter, f"be one of {choices}", value)
    low, high = parameter.minimum, parameter.maximum
    if not isinstance(found, str):
        is_within = (low is None or found >= low) and (high is None or found <= high)
        if not is_within:
            raise _wrong(parameter, f"be {_between(low, high)}", value)
    return found


def _typed(parameter: Declared, value: Any) -> Value:
    match parameter.type:
        case "str":
            if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
                return value
            law = f"be a text of at most {_LONGEST_TEXT:,} characters"
        case "bool":
            if isinstance(value, bool):
                return value
            law = "be true or false"
        case "int":
            law = f"be a whole number of at most {_MOST_BITS} bits"
            if _is_number(value) and value == int(value) and abs(value) < 2**_MOST_BITS:
                return int(value)
        case _:
            law = "be a finite number"
            if _is_number(value):
                return float(value)
    raise _wrong(parameter, law, value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _wrong(parameter: Declared, law: str, value: Any) -> WrongValue:
    try:
        said = repr(value)
    except ValueError:
        # Python writes no whole number of more than 4,300 digits.
        said = "a number of thousands of digits"
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
    return WrongValue(f"`{parameter.name}` must {law}; got {said}.")


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"


def _read(parameter: Declared, text: str) -> Any:
    """What somebody typed, as a value; as it is where it is none of that type."""
    match parameter.type:
        case "str":
            # Browsers send a line's end as two characters.
            return text.replace("\r\n", "\n")
        case "bool":
            return {_TRUE: True, _FALSE: False}.get(text, text)
        case _ if len(text) > _LONGEST_NUMBER:
            return text
        case kind:
            try:
                return int(text) if kind == "int" else float(text)
            except ValueError:
                return text.strip()


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    return str(value)


def fields_of(
    parameters: Sequence[Declared],
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> list[FormField]:
    """The fields of a form.

    Parameters
    ----------
    parameters : sequence of Declared
        What the notebook has.
    typed, wrong : mapping of str to str, optional
        What somebody typed, and what may not be, by the name of the parameter.
    """
    typed, wrong = typed or {}, wrong or {}
    return [
        FormField(
            name=one.name,
            kind="choice" if one.choices or one.type == "bool" else one.type,
            text=typed.get(one.name, _text(one.now)),
            help=one.help,
            law="" if one.choices else _law(one),
            default=_text(one.default),
            choices=_choices(one),
            wrong=wrong.get(one.name, ""),
        )
        for one in parameters
    ]


def _law(parameter: Declared) -> str:
    has_range = parameter.minimum is not None or parameter.maximum is not None
    kind = {"int": "a whole number", "float": "a number"}.get(parameter.type, "")
    if not has_range:
        return kind
    return f"{kind} {_between(parameter.minimum, parameter.maximum)}"


def _choices(parameter: Declared) -> tuple[tuple[str, str], ...]:
    if parameter.choices:
        return tuple((_text(one), _text(one)) for one in parameter.choices)
    return ((_TRUE, "yes"), (_FALSE, "no")) if parameter.type == "bool" else ()


def typed_in(form: Mapping[str, Any]) -> dict[str, str]:
    """What somebody typed into the fields of parameters, by the name of the parameter.

    Examples
    --------
    >>> typed_in({"parameter.rate": "0.03", "version": "1"})
    {'rate': '0.03'}
    """
    return {
        name.removeprefix(PREFIX): str(text)
        for name, text in form.items()
        if name.startswith(PREFIX)
    }


def values_of(
    parameters: Sequence[Declared], typed: Mapping[str, str]
) -> tuple[dict[str, Value], dict[str, str]]:
    """What a form asks for: values other than this version's, and what may not be.

    Parameters
    ----------
    parameters : sequence of Declared
        What the notebook has; one that the form doesn't name stays what it was.
    typed : mapping of str to str
        Text by the name of the parameter.
    """
    values: dict[str, Value] = {}
    wrong = {name: _unknown(name, parameters) for name in typed}
    for one in parameters:
        if one.name not in typed:
            continue
        del wrong[one.name]
        try:
            value = checked(one, _chosen(one, typed[one.name]))
        except WrongValue as error:
            wrong[one.name] = str(error)
        else:
            if value != one.now:
                values[one.name] = value
    return values, wrong


def _chosen(parameter: Declared, text: str) -> Any:
    # Of several choices the one that was shown so: `1` and `1.0` are told apart.
    named = {_text(one): one for one in parameter.choices or ()}
    return named[text] if text in named else _read(parameter, text)


def require_parameters(made: Made, asked: Mapping[str, Any]) -> None:
    """Refuse parameters that the notebook hasn't, or that may not be that.

    Raises
    ------
    HTTPException
        Each that is wrong is named. Nothing is refused where the version doesn't tell its
        parameters; the run itself checks them then.
    """
    require_small(asked)
    if made.parameters is None:
        return
    known = {one.name: one for one in made.parameters}
    wrong = []
    for name, value in asked.items():
        if name not in known:
            wrong.append(_unknown(name, made.parameters))
            continue
        try:
            checked(known[name], value)
        except WrongValue as error:
            wrong.append(str(error))
    if wrong:
        raise HTTPException(422, "\n".join(wrong))


def require_small(asked: Mapping[str, Any]) -> None:
    """Refuse parameters that are too large to be kept beside a job.

    Raises
    ------
    HTTPException
        If they are.
    """
    try:
        n_bytes = len(json.dumps(dict(asked), allow_nan=False))
    except (ValueError, RecursionError) as error:
        law = "A number must be finite and have at most 4,300 digits, and no list be deep."
        raise HTTPException(422, law) from error
    if n_bytes > _MOST_BYTES:
        law = f"The parameters of a run must have at most {_MOST_BYTES // 1024} KB in JSON"
        raise HTTPException(413, f"{law}; these have {n_bytes // 1024}.")


def _unknown(name: str, parameters: Sequence[Declared]) -> str:
    known = ", ".join(one.name for one in parameters)
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    if not known:
        law = "The notebook has no parameters: it has no cell tagged `parameters`"
        return f"{law}; got `{shown}`."
    return f"Parameters must be those of the notebook ({known}); got `{shown}`."
