"""What pages are told of widgets while a thread changes them."""

import threading
from collections.abc import Iterator
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import comm

from mclib.widgets.telling import in_order

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What is sent to pages, in its order: who sent it and what."""
    in_order()
    messages: Told = []

    plain: Any = type(comm.create_comm(target_name="none"))

    class Noted(plain):  # type: ignore[misc]
        def publish_msg(self, msg_type: str, **rest: Any) -> None:
            messages.append((self.comm_id, rest.get("data") or {}))

    monkeypatch.setattr(comm, "create_comm", Noted)
    yield messages
    ipywidgets.Widget._control_comm = None


def _asked_by_a_page() -> None:
    """Answer a page that asks for the states of all widgets, as the kernel does."""
    control = comm.create_comm(target_name="jupyter.widget.control")
    ipywidgets.Widget.handle_control_comm_opened(
        control, {"metadata": {"version": ipywidgets._version.__control_protocol_version__}}
    )
    ipywidgets.Widget._handle_control_comm_msg(
        {"content": {"data": {"method": "request_states"}}}
    )


def test_a_page_does_not_hear_of_an_old_state_after_the_new_one(told: Told) -> None:
    box = ipywidgets.VBox([])

    class Slow(ipywidgets.HTML):  # type: ignore[misc]
        """While its own state is taken, a thread has time to change the box."""

        def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
            if key is None and self.value == "asked":
                begun.set()
                drawing.join(0.3)
            return super().get_state(key, drop_defaults)

    begun = threading.Event()

    def draw() -> None:
        begun.wait(5)
        box.children = [ipywidgets.HTML("chart")]

    slow = Slow()
    drawing = threading.Thread(target=draw)
    drawing.start()
    slow.value = "asked"
    _asked_by_a_page()
    drawing.join(5)

    heard: list[list[str]] = []
    for sender, message in told:
        if message.get("method") == "update_states":
            heard.append(message["states"][box.model_id]["state"]["children"])
        elif sender == box.model_id and "children" in message.get("state", {}):
            heard.append(message["state"]["children"])
    assert heard[-1] == [f"IPY_MODEL_{each.model_id}" for each in box.children]
    assert len(heard[-1]) == 1


def test_it_is_settled_once() -> None:
    in_order()
    before = ipywidgets.Widget.send_state
    in_order()

    assert ipywidgets.Widget.send_state is before
