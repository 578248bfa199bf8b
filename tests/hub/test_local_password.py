"""Names of the development hub: any that can be seen for what it is."""

import doctest

import pytest

from hub import local_password
from hub.local_password import is_a_name


@pytest.mark.parametrize("name", ["ada", "Zoë Müller", "名前", "a:b", "a+b?#", "x" * 200])
def test_almost_any_name_will_do(name: str) -> None:
    assert is_a_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", "%2e%2e", "a/b", "a%2fb", "a\nb", "a\x00b", "a%0Ab"),
        *("\u202eada", "a\u200bda", "x" * 201),
    ],
)
def test_a_name_that_hides_something_is_none(name: str) -> None:
    assert not is_a_name(name)


def test_the_examples_in_docstrings_print_what_they_say() -> None:
    assert doctest.testmod(local_password).failed == 0
