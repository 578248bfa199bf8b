"""Write `first_draws.json`: the first draws of some streams, by the contract's own words.

    python tests/golden/make_first_draws.py

Written in plain integers from the contract in `mclib/streams.py`, and from nothing else of
mclib: it is a second opinion, not a copy.
"""

import json
from collections.abc import Iterator
from hashlib import blake2s
from itertools import islice
from pathlib import Path

TARGET = Path(__file__).with_name("first_draws.json")

SEEDS = (0, 1, 7, 2**32, 2**64 - 1)
NAMES = ("price", "units", "noise", "Preis in €")
TRIALS = (*range(8), 1023, 1024, 2**32 - 1, 2**32, 2**34 + 5, 2**49 + 3)
STEPS = (*range(9), 251, 2**20 + 2)
STEP_TRIALS = (0, 1, 2**32 + 1)

WORD = 2**32


def _rounds(counter: tuple[int, ...], seed: int) -> Iterator[tuple[int, ...]]:
    """Yield what Philox4x32 has made of a counter after each round."""
    a, b, c, d = counter
    k, m = seed % WORD, seed // WORD
    while True:
        p, r = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (r // WORD) ^ b ^ k, r % WORD, (p // WORD) ^ d ^ m, p % WORD
        yield a, b, c, d
        k, m = (k + 0x9E3779B9) % WORD, (m + 0xBB67AE85) % WORD


def _draw(
    seed: int, name: str, number: int, block: int, place: int
) -> dict[str, int | float]:
    stream = int.from_bytes(blake2s(name.encode(), digest_size=4).digest(), "little")
    counter = (number % WORD, number // WORD, block, stream)
    after = list(islice(_rounds(counter, seed), 10))
    high, low = after[9][place], after[6][place]
    k = high * 2**20 + low // 2**12
    return {"high": high, "low": low, "uniform": (2 * k + 1) / 2**53}


def main() -> None:
    """Write the table."""
    inputs = [
        {"seed": seed, "name": name, "trial": t} | _draw(seed, name, t // 4, 0, t % 4)
        for seed in SEEDS
        for name in NAMES
        for t in TRIALS
    ]
    noises = [
        {"seed": 7, "name": name, "trial": t, "step": j} | _draw(7, name, t, j // 4, j % 4)
        for name in NAMES
        for t in STEP_TRIALS
        for j in STEPS
    ]
    lines = {
        key: "[\n  "
        + ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
        + "\n ]"
        for key, rows in (("inputs", inputs), ("noises", noises))
    }
    text = ",\n ".join(f'"{key}": {rows}' for key, rows in lines.items())
    TARGET.write_text(f'{{"contract": 1,\n {text}\n}}\n')


if __name__ == "__main__":
    main()
