"""Who somebody is, by what a provider says; and whether they may enter."""

from typing import Any

import pytest

from hub.choices import Entra, GitHub, Google, GroupId, OpenIdConnect
from hub.environments import load
from hub.sign_on.people import (
    NotAPerson,
    Person,
    hub_name,
    is_admin,
    may_enter,
    person_of,
    verified_address,
)

OPEN_ID = OpenIdConnect(issuer="https://login.example.org")
ENTRA = Entra(tenant="example.org", groups=(GroupId(name="quants", id="0f-1"),))
GOOGLE = Google(hosted_domain="example.org", group="staff")
GITHUB = GitHub(organization="example")
LOGIN = load("staging", {}).login

SAID: list[tuple[Any, dict[str, Any], Person]] = [
    (
        OPEN_ID,
        {"sub": "7", "preferred_username": "Ada", "groups": ["analysts", "quants"]},
        Person("7", "ada", frozenset({"analysts", "quants"})),
    ),
    (
        OPEN_ID,
        {"sub": "7", "preferred_username": "ada", "groups": "quants"},
        Person("7", "ada", frozenset({"quants"})),
    ),
    (
        OPEN_ID,
        {"sub": "7", "preferred_username": "ada", "groups": [1, None, "quants"]},
        Person("7", "ada", frozenset({"quants"})),
    ),
    (
        OPEN_ID,
        {"sub": "7", "preferred_username": "ada", "groups": {"quants": True}},
        Person("7", "ada", frozenset()),
    ),
    (OPEN_ID, {"sub": "7", "preferred_username": "a"}, Person("7", "a", frozenset())),
    (
        ENTRA,
        {"sub": "x", "preferred_username": "ada@example.org", "groups": ["0f-1", "0f-2"]},
        Person("x", "ada", frozenset({"quants"})),
    ),
    (
        GOOGLE,
        {
            "sub": "9",
            "email": "ada@example.org",
            "email_verified": True,
            "hd": "example.org",
            "groups": ["mchub-admins"],
        },
        Person("9", "ada", frozenset({"staff"}), "ada@example.org"),
    ),
    (
        GITHUB,
        {"sub": 42, "login": "Ada-L", "groups": ["quants"]},
        Person("42", "ada-l", frozenset({"quants"})),
    ),
]


@pytest.mark.parametrize(("provider", "claims", "person"), SAID)
def test_claims_of_every_kind_of_provider_become_a_person(
    provider: Any, claims: dict[str, Any], person: Person
) -> None:
    assert person == person_of(provider, claims)


@pytest.mark.parametrize(
    ("provider", "claims", "sentence"),
    [
        (OPEN_ID, {"preferred_username": "ada"}, "must tell a subject and a name"),
        (OPEN_ID, {"sub": "7"}, "it told only sub"),
        (OPEN_ID, {"sub": "7", "preferred_username": " "}, "must tell a subject"),
        (OPEN_ID, {"sub": "7", "preferred_username": 3}, "must tell a subject"),
        (OPEN_ID, {}, "it told only nothing"),
        (
            GOOGLE,
            {"sub": "9", "email": "ada@gmail.com", "email_verified": True},
            "the account must be one of example.org; got 'ada@gmail.com'",
        ),
        (
            GOOGLE,
            {"sub": "9", "email": "a@example.org", "hd": "example.org"},
            "must be one of example.org",
        ),
    ],
)
def test_claims_that_name_nobody_are_refused(
    provider: Any, claims: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(NotAPerson, match=sentence):
        person_of(provider, claims)


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email": "ada@example.org"}, "ada@example.org"),
        ({"email": "ada@example.org", "email_verified": True}, "ada@example.org"),
        ({"email": "ada@example.org", "email_verified": "true"}, "ada@example.org"),
        ({"email": "ada@example.org", "email_verified": False}, ""),
        ({"email": "ada@example.org", "email_verified": None}, ""),
        ({}, ""),
        ({"email": None}, ""),
        ({"email": ["ada@example.org"]}, ""),
        ({"email": "ada"}, ""),
        ({"email": "ada@example.org, bob@example.org"}, ""),
        ({"email": "ada@example.org\nBcc: bob@example.org"}, ""),
        ({"email": "<ada@example.org>"}, ""),
        ({"email": f"{'a' * 300}@example.org"}, ""),
    ],
)
def test_only_an_address_that_nobody_doubts_is_kept(
    claims: dict[str, Any], address: str
) -> None:
    assert address == verified_address(claims)


@pytest.mark.parametrize("name", ["ada", "ada.lovelace", "a1", "grace_hopper", "jean-luc"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert name == hub_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Zoë Müller", "名前", "..", "../../etc", "a/b", "a%2fb", "1st", "-", "_x", ""),
        *("@", "a b", "a\x00b", "\ud800", "user:server", "ada..l", "ada-", "x" * 300),
    ],
)
def test_any_other_name_becomes_a_safe_one_that_differs(name: str) -> None:
    made = hub_name(name)

    assert made == hub_name(made)
    assert made != name
    assert len(made) <= 32


def test_names_that_are_spelled_alike_are_told_apart() -> None:
    names = {hub_name(name) for name in ("a b", "a  b", "a/b", "ä b", "名前", "名字")}

    assert len(names) == 6


@pytest.mark.parametrize(
    ("name", "groups", "enters", "administers"),
    [
        ("ada", {"analysts"}, True, False),
        ("ada", {"others"}, False, False),
        ("ada", set(), False, False),
        ("ada", {"mchub-admins"}, True, True),
        ("ops", set(), True, True),
        ("Ops", {"Analysts"}, False, False),
    ],
)
def test_groups_and_named_admins_open_the_door(
    name: str, groups: set[str], enters: bool, administers: bool
) -> None:
    admins, found = ("ops",), frozenset(groups)

    assert enters == may_enter(LOGIN, admins, name, found)  # type: ignore[arg-type]
    assert administers == is_admin(LOGIN, admins, name, found)  # type: ignore[arg-type]
