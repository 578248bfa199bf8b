"""What JupyterLab may have its server publish: a notebook below its folder, to names."""

import sys
from pathlib import Path
from typing import Any

import pytest

from hub.in_server.publishing import command_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    (root / "risk").mkdir(parents=True)
    (root / "risk" / "-launch.ipynb").write_text("{}")
    (tmp_path / "secret.ipynb").write_text("{}")
    return root


def test_it_is_the_librarys_own_command(root: Path) -> None:
    asked = {
        "path": "risk/-launch.ipynb",
        "title": "--report=1",
        "groups": ["risk", "-x"],
        "users": ["bob"],
        "as_it_is": True,
    }

    found = command_of(root, asked)

    assert found[:5] == [sys.executable, "-m", "mclib.reports", "publish", "--json"]
    # Whatever somebody wrote is a value, and never an option.
    assert found[5:] == [
        "--title=--report=1",
        "--group=risk",
        "--group=-x",
        "--user=bob",
        "--as-it-is",
        "--",
        str(root / "risk" / "-launch.ipynb"),
    ]


def test_without_a_title_it_has_the_notebooks_own(root: Path) -> None:
    found = command_of(root, {"path": "risk/-launch.ipynb", "title": ""})

    assert not [each for each in found if each.startswith("--title")]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"path": "../secret.ipynb"}, "path must name a notebook of this server"),
        ({"path": "risk"}, "path must name a notebook"),
        ({"path": "risk/-launch.ipynb", "groups": "risk"}, "groups must be a list"),
        ({"path": "risk/-launch.ipynb", "users": [1]}, "users must be a list"),
    ],
)
def test_what_is_no_notebook_and_no_name_is_refused(
    root: Path, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        command_of(root, asked)
