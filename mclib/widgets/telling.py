"""What a page is told of widgets, in an order that it can trust.

A dashboard draws in a thread of its own, while the kernel answers pages that are being
opened. An answer holds the state of every widget. If one of them changed after its state
was taken and before the answer was sent, the page would hear of the change first and of the
old state last: a chart would vanish from it. So taking and sending are one step here, for
ipywidgets as a whole, which knows of no threads.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, Final

__all__ = ["in_order"]

_TELLING: Final = threading.RLock()
_STEPS: Final = ("open", "send_state", "close")
_ANSWER: Final = "_handle_control_comm_msg"


@functools.cache
def in_order() -> None:
    """Let ipywidgets take states and send them without anything in between."""
    from ipywidgets import Widget

    for name in _STEPS:
        setattr(Widget, name, _one_at_a_time(getattr(Widget, name)))
    answer = _one_at_a_time(getattr(Widget, _ANSWER).__func__)
    setattr(Widget, _ANSWER, classmethod(answer))


def _one_at_a_time(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with _TELLING:
            return step(*args, **kwargs)

    return alone
