"""The hub's README: every setting is explained, and its table is the current one."""

import doctest
import re

import pytest

from hub import addresses, display, laws, secret_files, storage
from hub.display import leaves, table
from hub.environments import ENVIRONMENTS, PORT_VARIABLES, load
from hub.roles import ADMIN_IN_PERSON, READING, ROLES, SHARING
from hub.services.reports import timetable
from hub.sign_on import people
from tests.architecture.checkout import ROOT

SETTINGS = [load(name, {}) for name in ENVIRONMENTS]
TEXT = (ROOT / "hub" / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    paths = {path for settings in SETTINGS for path in leaves(settings)}

    missing = {path for path in paths if f"| `{path}` |" not in TEXT}

    assert missing == set()


def test_every_documented_setting_exists() -> None:
    paths = {path for settings in SETTINGS for path in leaves(settings)}
    _, _, after = TEXT.partition("## Settings")
    documented = re.findall(
        r"^\| `([a-z_.]+)` \|", after.partition("\n## ")[0], re.MULTILINE
    )

    assert sorted(documented) == sorted(paths)


def test_the_environments_table_is_current() -> None:
    assert f"```text\n{table(SETTINGS)}\n```" in TEXT


def test_every_variable_and_every_scope_is_documented() -> None:
    named = [*PORT_VARIABLES, "MC_ENVIRONMENT", "MCHUB_STATE"]
    scopes = [
        scope
        for role in (*ROLES.values(), SHARING, READING, ADMIN_IN_PERSON)
        for scope in role
    ]

    assert [name for name in [*named, *scopes] if f"`{name}`" not in TEXT] == []


MODULES = (addresses, display, laws, people, secret_files, storage, timetable)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_print_what_they_say(module: object) -> None:
    assert doctest.testmod(module).failed == 0
