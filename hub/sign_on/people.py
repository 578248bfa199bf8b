"""Who somebody is: what a provider says, as a subject, a name and groups."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.choices import Entra, GitHub, Google, OpenIdConnect, SingleSignOn

__all__ = [
    "NotAPerson",
    "Person",
    "hub_name",
    "is_admin",
    "may_enter",
    "person_of",
    "verified_address",
]

_LONGEST_ADDRESS: Final = 254
# What might be read as a second recipient, or as the end of a line, is no address here.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)

Provider = OpenIdConnect | Entra | Google | GitHub
Claims = Mapping[str, Any]


class NotAPerson(ValueError):
    """The provider's answer names nobody."""


@dataclass(frozen=True)
class Person:
    """Somebody at the provider: the `subject` never changes, all else may."""

    subject: str
    name: str
    groups: frozenset[str]
    email: str = ""


def person_of(provider: Provider, claims: Claims) -> Person:
    """The person whom `claims` of a provider describe.

    Raises
    ------
    NotAPerson
        If there is no subject, no name, or an account from elsewhere.
    """
    match provider:
        case OpenIdConnect(name_claim=name_claim, groups_claim=groups_claim):
            name, groups = claims.get(name_claim), _names(claims.get(groups_claim))
        case Entra(groups=known):
            ids = set(_names(claims.get("groups")))
            name = claims.get("preferred_username")
            groups = [group.name for group in known if group.id in ids]
        case Google(hosted_domain=domain, group=group):
            if claims.get("hd") != domain or claims.get("email_verified") is not True:
                law = f"the account must be one of {domain}"
                message = f"{law}; got {claims.get('email')!r}."
                raise NotAPerson(message)
            name, groups = claims.get("email"), [group]
        case GitHub():
            name, groups = claims.get("login"), _names(claims.get("groups"))
    subject = str(claims.get("sub") or "")
    if not subject or not isinstance(name, str) or not name.strip():
        told = ", ".join(sorted(claims)) or "nothing"
        message = f"the provider must tell a subject and a name; it told only {told}."
        raise NotAPerson(message)
    return Person(subject, hub_name(name), frozenset(groups), verified_address(claims))


def verified_address(claims: Claims) -> str:
    """Mail address among `claims`; empty if it is none, or the provider doubts it.

    A provider that never says whether it has verified addresses is believed.

    Examples
    --------
    >>> verified_address({"email": "ada@example.org", "email_verified": True})
    'ada@example.org'
    >>> verified_address({"email": "ada@example.org", "email_verified": False})
    ''
    """
    email = claims.get("email")
    # Some providers write the claim as a text.
    is_verified = str(claims.get("email_verified", True)).lower() == "true"
    if not is_verified or not isinstance(email, str) or len(email) > _LONGEST_ADDRESS:
        return ""
    return email if _ADDRESS.fullmatch(email) else ""


def _names(value: object) -> Sequence[str]:
    """Groups of a claim: those that are texts; a provider may send one alone."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Sequence):
        return [item for item in value if isinstance(item, str)]
    return []


def hub_name(text: str) -> str:
    """Name in the hub for what a provider calls somebody.

    Of an address it is what stands before the ``@``. A plain name is kept, in lower case;
    any other is spelled with what it has of plain letters, and told apart by a digest.

    Examples
    --------
    >>> hub_name("Ada.Lovelace@example.org")
    'ada.lovelace'
    >>> hub_name("Zoë Müller")
    'zoe-muller-d6e575a6'
    >>> hub_name("../admin")
    'admin-88a9d7c3'
    """
    name = text.strip().partition("@")[0].lower()
    if len(name) <= 32 and re.fullmatch(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*", name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    spelled = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:20].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    prefix = spelled if spelled[:1].isalpha() else f"user-{spelled}".strip("-")
    return f"{prefix}-{digest}"


def may_enter(
    login: SingleSignOn, admins: Sequence[str], name: str, groups: frozenset[str]
) -> bool:
    """Whether somebody of this name and these groups may enter."""
    return bool(groups.intersection(login.groups)) or is_admin(login, admins, name, groups)


def is_admin(
    login: SingleSignOn, admins: Sequence[str], name: str, groups: frozenset[str]
) -> bool:
    """Whether somebody of this name and these groups administers."""
    return name in admins or bool(groups.intersection(login.admin_groups))
