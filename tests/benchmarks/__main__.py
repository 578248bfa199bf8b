"""Measure everything and print the tables: ``python -m tests.benchmarks``."""

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Read the options, measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables there"
    )
    parser.add_argument("--turns", type=int, default=15, help="rounds (15)")
    parser.add_argument(
        "--billion", action="store_true", help="measure memory at 1e9 trials too (minutes)"
    )
    options = parser.parse_args()
    # JAX asks for devices when it is imported; none but the processor is meant here.
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    from tests.benchmarks import costs, requirements, speed, tables

    host = tables.machine()
    speeds = speed.measure(n_turns=options.turns)
    others = costs.everything(billion=options.billion)
    reached = requirements.check(speeds, others)
    text = tables.markdown(speeds, others, reached, host)
    sys.stdout.write(f"{text}\n")
    if options.markdown:
        options.markdown.write_text(f"{text}\n")
    if options.json:
        numbers = tables.plain(speeds, others, reached, host)
        options.json.write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
