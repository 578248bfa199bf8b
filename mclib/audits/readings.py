"""Rules about what the function's text and the runs say."""

import ast
import contextlib
from collections import Counter
from collections.abc import Iterator

from mclib.audits.findings import Finding, Subject

_COMMON = frozenset({0.5, 0.25, 100.0, 1000.0, 1e6, 12.0, 24.0, 52.0, 60.0, 365.0})
_SMALL = 10.0
_NUMBERS = (int, float)


def repeated_number(subject: Subject) -> Iterator[Finding]:
    """A number without a name that stands in the function more than once."""
    for value, n in Counter(_literals(subject.source)).items():
        is_common = abs(value) in _COMMON or (value.is_integer() and abs(value) <= _SMALL)
        if n > 1 and not is_common:
            text = f"{value:g}"
            message = f"the number {text} stands in `{subject.name}` {n} times."
            hint = f"give it a name, as a parameter of the model: `...={text}`."
            yield Finding("repeated_number", text, message, hint)


def same_draws(subject: Subject) -> Iterator[Finding]:
    """Two runs that are one run: the same model, parameters and seed."""
    seen: set[object] = set()
    for each in subject.provenances:
        what = (each.model_hash, each.seed, tuple(sorted(each.parameters.items())))
        if what in seen:
            message = f"two runs have seed {each.seed} and are otherwise the same."
            hint = "they don't confirm each other; take another seed for one of them."
            yield Finding("same_draws", str(each.seed), message, hint)
        seen.add(what)


def other_model(subject: Subject) -> Iterator[Finding]:
    """A run of what the model was before it was changed."""
    for each in subject.provenances:
        if each.model_hash != subject.digest:
            message = (
                f"a run of `{each.model_name}`, seed {each.seed}, is of another model "
            )
            message += f"than `{subject.name}` is now."
            hint = "the function or an input has changed since; run it again."
            yield Finding("other_model", each.model_name, message, hint)


def _literals(source: str) -> Iterator[float]:
    """Yield the numbers in the body of a function, not those among its parameters."""
    with contextlib.suppress(SyntaxError):
        for each in ast.parse(source).body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for statement in each.body:
                    for node in ast.walk(statement):
                        # A number, and not True, which is an int too.
                        if isinstance(node, ast.Constant) and type(node.value) in _NUMBERS:
                            yield float(node.value)  # type: ignore[arg-type]
