"""What somebody reads who may not enter: the law, their value, the way out."""

from typing import Any

from hub.choices import SingleSignOn
from hub.pages import Refused
from hub.sign_on.people import Person

__all__ = ["access_ended", "bad_answer", "name_taken", "no_answer", "not_a_member"]


def not_a_member(login: SingleSignOn, person: Person) -> Refused:
    """Somebody in none of the groups that may enter."""
    groups = " or ".join(dict.fromkeys((*login.groups, *login.admin_groups)))
    found = ", ".join(sorted(person.groups)) or "no group"
    return Refused(
        403,
        f"To enter you must be a member of {groups}; {person.name} is in {found}.",
        "Ask whoever manages the groups at your sign-in provider, then sign in again.",
        who=person.name,
    )


def name_taken(name: str) -> Refused:
    """Somebody whose name is another's here."""
    return Refused(
        403,
        f"The name {name} must belong to one person; another account has it here already.",
        "Ask an administrator of this hub to let the name go, or change yours at the "
        "sign-in provider.",
        who=name,
    )


def access_ended(name: str) -> Refused:
    """Somebody who was removed while signed in."""
    return Refused(
        403,
        f"The sign-in provider must vouch for {name}; it no longer does.",
        "Sign in again, or ask whoever manages accounts at your sign-in provider.",
        who=name,
    )


def no_answer(issuer: str) -> Refused:
    """Nobody can sign in just now."""
    return Refused(
        503,
        f"To sign in the provider must answer; {issuer} doesn't.",
        "Try again in a minute. Whoever is signed in already can go on working.",
        title="Nobody can sign in just now.",
    )


def bad_answer(reason: Any) -> Refused:
    """A sign-in that doesn't fit together."""
    return Refused(
        403,
        f"The provider's answer must belong to this sign-in; {reason}.",
        "Begin again at the sign-in page.",
    )
