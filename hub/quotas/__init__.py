"""What users used and may use: the ledger, budgets, and whether one allows a start."""

from hub.quotas.accounts import RESOURCES, Account, Part, account_of, check_start
from hub.quotas.budgets import (
    Decision,
    budget_of,
    decisions,
    grant,
    override,
    withdraw,
)
from hub.quotas.clock import Reading, jump, read_clocks
from hub.quotas.ledger import (
    RunningServer,
    Stretch,
    forget_before,
    last_run,
    meter,
    minutes_of,
    skipped,
    used,
)
from hub.quotas.rates import profile_of
from hub.quotas.storage_limits import (
    REFUSED_ABOVE,
    StorageUse,
    check_storage,
    storage_limit,
    storage_of,
)
from hub.quotas.storage_use import (
    folder_bytes,
    note_all_storage,
    note_storage,
    storage_used,
)

__all__ = [
    "REFUSED_ABOVE",
    "RESOURCES",
    "Account",
    "Decision",
    "Part",
    "Reading",
    "RunningServer",
    "StorageUse",
    "Stretch",
    "account_of",
    "budget_of",
    "check_start",
    "check_storage",
    "decisions",
    "folder_bytes",
    "forget_before",
    "grant",
    "jump",
    "last_run",
    "meter",
    "minutes_of",
    "note_all_storage",
    "note_storage",
    "override",
    "profile_of",
    "read_clocks",
    "skipped",
    "storage_limit",
    "storage_of",
    "storage_used",
    "used",
    "withdraw",
]
