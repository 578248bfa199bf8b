"""Modules stay small, typed and documented enough to be read in one sitting."""

from tests.architecture.checkout import ROOT, python_modules

WALL = 400


def test_no_module_is_longer_than_the_wall() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in python_modules("mclib", "hub", "deploy", "kernel-image", "tests")
    }

    too_long = {name: length for name, length in lengths.items() if length > WALL}

    assert {} == too_long


def test_mclib_tells_type_checkers_that_it_is_typed() -> None:
    assert (ROOT / "mclib" / "py.typed").is_file()


def test_no_work_is_left_for_later_in_the_code() -> None:
    # Spelled apart, so that this file doesn't find itself.
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error")

    found = [
        (str(path.relative_to(ROOT)), mark)
        for path in python_modules("mclib", "hub", "deploy", "kernel-image", "tests")
        for mark in marks
        if mark in path.read_text()
    ]

    assert [] == found
