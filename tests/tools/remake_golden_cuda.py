"""Remake tests/golden/cuda: ``python -m tests.tools.remake_golden_cuda``."""

import json

from tests.mclib.engines.cuda import test_instructions, test_rendering


def main() -> None:
    """Write what the tests compare with; the difference is for a reviewer to judge."""
    (test_rendering.GOLDEN / "loss.cu").write_text(test_rendering.loss_source())
    counts = test_instructions.measured()
    test_instructions.RECORD.write_text(json.dumps(counts, indent=2) + "\n")


if __name__ == "__main__":
    main()
