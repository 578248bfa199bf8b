"""The tables of the README held against what is read: no promise without a part."""

import re
from pathlib import Path

import mclib as mc
from mclib.spreadsheets.addins import _OUTPUTS, _PROPERTIES
from mclib.spreadsheets.compounding import FUNCTION
from mclib.spreadsheets.families import FAMILIES
from mclib.spreadsheets.functions import FUNCTIONS

README = (Path(mc.__file__).parent / "spreadsheets" / "README.md").read_text()


def _rows(title: str) -> list[list[str]]:
    section = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_function_in_the_table_is_there() -> None:
    named = {
        name
        for row in _rows("What formulas may do")
        for name in re.findall(r"`([A-Z][A-Z0-9.]+)`", row[1])
    }

    assert len(named) > 90
    assert set() == named - set(FUNCTIONS)


def test_every_function_of_an_addin_in_the_table_is_there() -> None:
    properties = {f"RISK{word}" for word in _PROPERTIES} | set(_OUTPUTS)
    properties |= {f"PSI{word}" for word in _PROPERTIES}
    properties |= {FUNCTION, "RISKMAKEINPUT", "RISKUNITS", "VOSEINPUT"}
    rows = {row[0]: re.findall(r"`([^`]+)`", row[1]) for row in _rows("Add-ins")}
    prefixes = {
        "@RISK": "Risk",
        "Frontline": "Psi",
        "ModelRisk": "Vose",
        "Crystal Ball": "CB",
    }

    for product, prefix in prefixes.items():
        named = {
            (prefix + name if name.startswith(".") else name.replace("…", prefix)).upper()
            for name in rows[product]
        }
        ours = {name for name in FAMILIES if name.startswith(prefix.upper())}
        assert set() == named - ours - properties
        # @RISK's distributions have other spellings in other products.
        assert product == "@RISK" or set() == ours - named
