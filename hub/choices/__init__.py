"""The parts of a hub that can be chosen, each a frozen dataclass with its own laws.

A choice is a type, not a string with flags; a secret is a name, never a value. `check`
states the laws that a part keeps by itself; laws between parts stand in `hub.settings`.
"""

from hub.choices.front import (
    Acme,
    BasicHeaders,
    Front,
    FullHeaders,
    Network,
    NoTls,
    SelfSigned,
)
from hub.choices.keeping import (
    Audit,
    Backup,
    GeneratedSecrets,
    OffSite,
    Postgres,
    SecretFiles,
    Sqlite,
)
from hub.choices.people import Budget, Budgets, Password, Sharing, SingleSignOn
from hub.choices.providers import Entra, GitHub, Google, GroupId, OpenIdConnect
from hub.choices.reporting import Mails, ObjectStore, Reports
from hub.choices.servers import (
    Container,
    Device,
    Gpus,
    Idle,
    Limits,
    LocalProcess,
    Pod,
    Profile,
    Server,
    Start,
)
from hub.choices.watching import Console, Mail, Prices, Prometheus, Slack

__all__ = [
    "Acme",
    "Audit",
    "Backup",
    "BasicHeaders",
    "Budget",
    "Budgets",
    "Console",
    "Container",
    "Device",
    "Entra",
    "Front",
    "FullHeaders",
    "GeneratedSecrets",
    "GitHub",
    "Google",
    "Gpus",
    "GroupId",
    "Idle",
    "Limits",
    "LocalProcess",
    "Mail",
    "Mails",
    "Network",
    "NoTls",
    "ObjectStore",
    "OffSite",
    "OpenIdConnect",
    "Password",
    "Pod",
    "Postgres",
    "Prices",
    "Profile",
    "Prometheus",
    "Reports",
    "SecretFiles",
    "SelfSigned",
    "Server",
    "Sharing",
    "SingleSignOn",
    "Slack",
    "Sqlite",
    "Start",
]
