"""How a run of the deployer ends: its status, and what failed."""

from enum import IntEnum

__all__ = ["Busy", "Failed", "NeedsPerson", "Outcome", "RolledBack"]


class Outcome(IntEnum):
    """Status of a run; scripts may depend on it.

    Examples
    --------
    >>> for outcome in Outcome:
    ...     print(int(outcome), outcome.name)
    0 DONE
    1 NOTHING_CHANGED
    2 USAGE
    3 ROLLED_BACK
    4 NEEDS_PERSON
    5 BUSY
    """

    DONE = 0
    NOTHING_CHANGED = 1
    USAGE = 2
    ROLLED_BACK = 3
    NEEDS_PERSON = 4
    BUSY = 5


class Failed(RuntimeError):
    """A step did not succeed; the message says which, and what its program said last."""

    outcome = Outcome.NOTHING_CHANGED


class RolledBack(Failed):
    """A step did not succeed, and what was changed before it was changed back."""

    outcome = Outcome.ROLLED_BACK


class NeedsPerson(Failed):
    """A step did not succeed, and neither did the way back."""

    outcome = Outcome.NEEDS_PERSON


class Busy(Failed):
    """Another run works on the same environment."""

    outcome = Outcome.BUSY
