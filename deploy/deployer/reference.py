"""The reference simulation: a known answer, and how fast this processor or card gives it.

The deployer hands this text to Python in a container of the kernel image. The draws and the
answer are the same to the bit on every engine, so one number tells whether the library, the
driver and the card work together. The speed is counted per second of processor time, which
other work on the host doesn't stretch.
"""

import json
import sys
import time

import mclib as mc

N_TRIALS = 20_000_000
N_RUNS = 5


@mc.model
def launch(  # type: ignore[no-untyped-def]
    units=mc.Triangular(low=8_000, mode=10_000, high=15_000),
    price=mc.Normal(mean=20, standard_deviation=2),
    unit_cost=mc.PERT(low=9, mode=11, high=16),
    tax_rate=0.25,
):
    """Profit of a product that is launched."""
    return {"profit": units * (price - unit_cost) * (1 - tax_rate)}


def main(engine: str) -> None:
    """Print the answer and the speed as JSON."""
    mc.simulate(launch, n_trials=1_000, seed=7, engine=engine, progress=False)
    seconds = []
    for _ in range(N_RUNS):
        # A card works while the processor waits.
        clock = time.perf_counter if engine == "cuda" else time.process_time
        began = clock()
        result = mc.simulate(
            launch, n_trials=N_TRIALS, seed=7, engine=engine, progress=False
        )
        seconds.append(clock() - began)
    profit = result["profit"]
    told = {
        "answer": [profit.mean.value.hex(), profit.quantile(0.05).value.hex()],
        "device": result.provenance.device,
        "trials_per_second": N_TRIALS / min(seconds),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
