"""The synthetic check: what a user does, done by a program, with the time each step takes.

`run_check` is a plain function. The deployment calls it once as its smoke test, and the
service of this name again and again, for an alert when two fail.
"""

from hub.services.synthetic.check import (
    CheckFailed,
    Step,
    Target,
    check,
    run_check,
)

__all__ = ["CheckFailed", "Step", "Target", "check", "run_check"]
