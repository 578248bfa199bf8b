"""How many instructions a trial takes: the speed of a device, without one."""

import json
from pathlib import Path

import pytest

from mclib.engines.cuda.compiling import architecture, compiler
from mclib.engines.cuda.rendering import render
from mclib.engines.plans import N_LANES
from tests.tools.golden_programs import GOLDEN_PROGRAMS, KINDS, PRECISIONS
from tests.tools.instruction_counts import counts_per_lane, cycles, disassemble, turns_of

RECORD = Path(__file__).parents[3] / "golden" / "cuda" / "instructions.json"
CAPABILITY = 90
N_ITEMS = {"european": 1, "asian": 252, "sheet": 1}
"""Steps of a trial, so that the figures are per step of a path."""

TRIALS_PER_LANE = 32
TOLERANCE = 0.03


def measured() -> dict[str, dict[str, float]]:
    """Return instructions and Hopper cycles per lane and item, by program."""
    found: dict[str, dict[str, float]] = {}
    for name, n_items in N_ITEMS.items():
        for precision in PRECISIONS:
            for kind in KINDS:
                source = render(GOLDEN_PROGRAMS[name].plan(kind, precision))
                cubin = compiler().cubin(source.text, architecture(CAPABILITY))
                counts = counts_per_lane(disassemble(cubin), turns_of(source.text))
                n = n_items * TRIALS_PER_LANE
                found[f"{name} {precision.value} {kind}"] = {
                    "instructions": round(counts.total() / n, 1),
                    "cycles": round(cycles(counts)[0] / n, 1),
                }
    return found


@pytest.mark.slow
def test_a_trial_takes_as_many_instructions_as_recorded() -> None:
    assert N_LANES == TRIALS_PER_LANE
    recorded = json.loads(RECORD.read_text())

    now = measured()

    # A change on purpose: python -m tests.tools.remake_golden_cuda, and say why.
    assert now == {
        name: pytest.approx(expected, rel=TOLERANCE) for name, expected in recorded.items()
    }


def test_little_but_arithmetic_is_left_of_float64() -> None:
    # Its unit takes an instruction every other cycle: what else is issued costs nothing.
    plan = GOLDEN_PROGRAMS["asian"].plan("values", PRECISIONS[1])
    source = render(plan)
    cubin = compiler().cubin(source.text, architecture(CAPABILITY))

    _, bound = cycles(counts_per_lane(disassemble(cubin), turns_of(source.text)))

    assert bound == "float64"
