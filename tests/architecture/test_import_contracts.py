"""The floors of the house hold, and a module that isn't on any floor is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import ROOT

LINT_IMPORTS = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    # The folder stands first on the path: the copy is examined, not the checkout.
    return subprocess.run(
        [*LINT_IMPORTS, "--config", str(folder / "pyproject.toml")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def _copy_of_the_house(folder: Path) -> Path:
    for area in ("mclib", "hub"):
        shutil.copytree(ROOT / area, folder / area, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def test_every_import_goes_down() -> None:
    outcome = _lint_imports(ROOT)

    assert 0 == outcome.returncode, outcome.stdout + outcome.stderr


def test_an_import_that_goes_up_is_caught(tmp_path: Path) -> None:
    house = _copy_of_the_house(tmp_path)
    errors = house / "mclib" / "errors.py"
    errors.write_text(errors.read_text() + "\nimport mclib.expressions\n")

    outcome = _lint_imports(house)

    assert 1 == outcome.returncode
    assert "mclib.errors -> mclib.expressions" in outcome.stdout


def test_a_module_on_no_floor_is_caught(tmp_path: Path) -> None:
    house = _copy_of_the_house(tmp_path)
    (house / "mclib" / "attic.py").write_text(
        '"""A module that nobody put on a floor."""\n'
    )

    outcome = _lint_imports(house)

    assert 1 == outcome.returncode
    assert "mclib.attic" in outcome.stdout


def test_mclib_and_hub_never_meet(tmp_path: Path) -> None:
    house = _copy_of_the_house(tmp_path)
    settings = house / "hub" / "settings.py"
    settings.write_text(settings.read_text() + "\nimport mclib.errors\n")

    outcome = _lint_imports(house)

    assert 1 == outcome.returncode
    assert "mclib and hub have never met" in outcome.stdout
