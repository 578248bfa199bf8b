"""Who did what, when, from where, and how it ended: recorded, and never changed.

`record` appends, `verify` finds what was tampered with, `read` and `exporting` give it
out, `remove_older` lets the oldest go in a way that still verifies.
"""

from hub.audit.chain import Event, Record
from hub.audit.exporting import FORMATS
from hub.audit.log import head, read, record, remove_older, verify
from hub.audit.spill import append_spilled, collect, record_or_spill, spill

__all__ = [
    "FORMATS",
    "Event",
    "Record",
    "append_spilled",
    "collect",
    "head",
    "read",
    "record",
    "record_or_spill",
    "remove_older",
    "spill",
    "verify",
]
