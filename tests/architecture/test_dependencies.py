"""What the code imports is what `pyproject.toml` asks for."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, python_modules

OUR_OWN = {"deploy", "hub", "mclib", "sbom", "tests"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
CORE = PROJECT["project"]["dependencies"]
# What each area may import. The library's optional parts ask for their extra when used.
ALLOWED = {
    "mclib": [
        CORE,
        EXTRAS["gpu"],
        EXTRAS["notebooks"],
        EXTRAS["cluster"],
        EXTRAS["spreadsheets"],
    ],
    # `hub/in_server` runs in users' servers.
    "hub": [EXTRAS["hub"], EXTRAS["apps"], GROUPS["kernel-image"]],
    # The deployer stands on the hub's image.
    "deploy": [EXTRAS["hub"]],
    "kernel-image": [GROUPS["scan"]],
    "tests": [CORE, *EXTRAS.values(), *GROUPS.values()],
}
# Import names that differ from the package's, of packages not in the locked environment.
ELSEWHERE = {"cupy": ["cupy-cuda12x"], "cupyx": ["cupy-cuda12x"]}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module.split(".")[0]
            case _:
                pass


@pytest.mark.parametrize("area", ALLOWED)
def test_every_import_is_asked_for(area: str) -> None:
    asked = {
        canonicalize_name(Requirement(text).name)
        for group in ALLOWED[area]
        for text in group
        if isinstance(text, str)
    }
    installed = ELSEWHERE | dict(packages_distributions())
    imported = {
        name
        for path in python_modules(area)
        for name in _imported(ast.parse(path.read_text()))
        if name not in sys.stdlib_module_names | OUR_OWN
    }

    provided = {
        name: {canonicalize_name(owner) for owner in installed.get(name, [name])}
        for name in sorted(imported)
    }

    assert {} == {name: owners for name, owners in provided.items() if not asked & owners}
