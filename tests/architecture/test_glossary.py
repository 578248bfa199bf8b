"""The words that GLOSSARY.md keeps out of identifiers stay out."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.checkout import ROOT, python_modules

ROW = re.compile(r"^\| (?P<words>[\w, ]+) \| (?P<where>both|mclib|hub) \| ", re.MULTILINE)


def _forbidden(area: str) -> frozenset[str]:
    table = (
        (ROOT / "GLOSSARY.md").read_text().split("## Words that no identifier may use")[1]
    )
    return frozenset(
        word.strip()
        for row in ROW.finditer(table)
        if row["where"] in ("both", area)
        for word in row["words"].split(",")
    )


def _defined_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a module makes: functions, classes, arguments, variables, fields."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store(), value=ast.Name(id="self")):
                yield node.attr, node.lineno
            case _:
                pass


def _uses(name: str, word: str) -> bool:
    """Whether a word stands in a name, between underscores or capitals."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"_{word}_" in f"_{spaced}_"


@pytest.mark.parametrize("area", ["mclib", "hub"])
def test_no_identifier_uses_a_word_kept_for_something_else(area: str) -> None:
    forbidden = _forbidden(area)

    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_modules(area)
        for name, line in _defined_names(ast.parse(path.read_text()))
        if any(_uses(name, word) for word in forbidden)
    ]

    assert len(forbidden) > 10
    assert [] == found


def test_a_forbidden_word_is_found_wherever_it_stands() -> None:
    assert _uses("BatchSize", "batch")
    assert _uses("last_batch", "batch")
    assert _uses("n_samples", "n_samples")
    assert not _uses("batched", "batch")
    assert not _uses("n_samples_kept", "sim")
