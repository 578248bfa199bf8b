from dataclasses import replace

import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.widgets import State


@mc.model
def sales(
    units: float = mc.Triangular(80, 100, 150),
    price: float = mc.Normal(20, 2),
    tax: float = 0.25,
) -> dict[str, float]:
    return {"revenue": units * price * (1 - tax)}


STATE = State(
    numbers={"tax": 0.3, "units.low": 70.0},
    inputs={"price": mc.LogNormal(median=20, spread=0.1)},
    output="revenue",
    n_trials=20_000,
    seed=2**63 + 1,
    sampler="sobol",
)


def test_a_link_leads_back_to_the_state() -> None:
    link = STATE.link()

    assert STATE == State.of_link(link)
    assert STATE == State.of_link(f"https://example.org/voila/{link}")
    assert link.isascii()
    assert " " not in link


@pytest.mark.parametrize(
    "link", ["", "?mclib=", "?mclib=!!!", "?mclib=bnVsbA", "?other=1", "?mclib=e30"]
)
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(
        ArgumentError, match=r"`state` must be a dashboard's link; .*\nhint"
    ):
        State.of_link(link)


def test_a_link_names_nothing_but_distributions() -> None:
    import base64
    import json

    for family in ("os", "Distribution", "compound", "__class__"):
        plain = {
            "version": 1,
            "numbers": {},
            "inputs": {"price": [family, {}]},
            "output": "",
            "n_trials": 1,
            "seed": 1,
            "sampler": "sobol",
        }
        token = base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()

        with pytest.raises(ArgumentError, match="must be a dashboard's link"):
            State.of_link(f"?mclib={token}")


def test_a_link_holds_the_laws_of_distributions() -> None:
    link = replace(STATE, inputs={"price": mc.Uniform(1, 2)}).link()
    import base64

    token = link.removeprefix("?mclib=")
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    broken = base64.urlsafe_b64encode(text.replace('"high":2.0', '"high":0.5').encode())

    with pytest.raises(ArgumentError):
        State.of_link(f"?mclib={broken.decode()}")


def test_the_code_computes_what_is_shown() -> None:
    names: dict[str, object] = {"sales": sales}

    code = STATE.code(sales, "revenue")
    exec(compile(code, "dashboard", "exec"), names)

    shown = mc.simulate(
        STATE.model(sales),
        20_000,
        seed=STATE.seed,
        sampler="sobol",
        parameters=STATE.numbers,
    )
    assert shown["revenue"].mean == names["result"]["revenue"].mean
