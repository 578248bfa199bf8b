"""The reference simulation: its answer is the library's, its speed is held to the first."""

import json
import runpy
from pathlib import Path

import pytest

import mclib
from deploy.deployer.outcomes import Failed
from deploy.deployer.simulation import (
    ANSWER,
    SCRIPT,
    Simulated,
    check_speed,
    reported_gpus,
    simulate,
)
from hub import load

PRODUCTION = load("production", {})


def _saying(answer: list[str]) -> str:
    told = {"answer": answer, "device": "a card", "trials_per_second": 2e8}
    return f"a warning of the driver\n{json.dumps(told)}"


def test_the_known_answer_is_what_the_library_gives() -> None:
    script = runpy.run_path(str(SCRIPT))

    result = mclib.simulate(
        script["launch"], n_trials=script["N_TRIALS"], seed=7, engine="llvm"
    )

    profit = result["profit"]
    assert [profit.mean.value.hex(), profit.quantile(0.05).value.hex()] == ANSWER


def test_a_card_is_given_by_its_name_and_nothing_else_is() -> None:
    asked: list[tuple[str, ...]] = []

    def docker(*words: str, **_: object) -> str:
        asked.append(words)
        return _saying(ANSWER)

    on_card = simulate(docker, "kernel:1-gpu", "GPU-1")
    on_processor = simulate(docker, "kernel:1-cpu")

    assert on_card == Simulated(engine="cuda", device="a card", speed=2e8)
    assert on_processor.engine == "llvm"
    assert '--gpus="device=GPU-1"' in asked[0]
    assert not [word for word in asked[1] if word.startswith("--gpus")]
    assert {"--network=none", "--cap-drop=ALL", "--read-only"} <= set(asked[0])


def test_another_answer_is_refused() -> None:
    with pytest.raises(Failed, match=r"kernel:1-gpu, cuda: must answer"):
        simulate(lambda *_, **__: _saying(["0x1p0", "0x1p1"]), "kernel:1-gpu", "GPU-1")


@pytest.mark.parametrize(("speed", "fits"), [(81e6, True), (200e6, True), (79e6, False)])
def test_a_speed_is_held_to_the_first_one_of_the_same_device(
    speed: float, *, fits: bool, tmp_path: Path
) -> None:
    first = Simulated(engine="llvm", device="a processor", speed=100e6)
    other = Simulated(engine="cuda", device="a card", speed=1e6)

    assert check_speed(tmp_path, first).endswith("recorded")
    assert check_speed(tmp_path, other).endswith("recorded")

    now = Simulated(engine="llvm", device="a processor", speed=speed)
    if fits:
        assert f"{speed / 1e8:.0%}" in check_speed(tmp_path, now)
    else:
        with pytest.raises(Failed, match=r"must reach 80% of 100 million trials/s"):
            check_speed(tmp_path, now)


def test_a_host_without_a_driver_has_no_cards() -> None:
    def refuses(*_: str, **__: object) -> str:
        message = "could not select device driver"
        raise Failed(message)

    assert reported_gpus(refuses, "kernel:1-gpu") == ()


def test_the_driver_names_the_cards_and_their_memory() -> None:
    found = reported_gpus(lambda *_, **__: '[["GPU-1", 85899345920]]\n', "kernel:1-gpu")

    assert [(device.name, device.memory) for device in found] == [("GPU-1", "81920M")]
