"""The smoke test: the synthetic check once, from the host's own network.

``python -m deploy.deployer.smoke URL`` reads the token from standard input.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from hub.services.synthetic import CheckFailed, Target, run_check

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, and print the seconds of each step as JSON; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.deployer.smoke")
    parser.add_argument("url")
    parser.add_argument("--connect-to", required=True, metavar="HOST:PORT")
    parser.add_argument("--profile", default="")
    parser.add_argument("--authority", type=Path)
    options = parser.parse_args(arguments)
    host, _, port = options.connect_to.partition(":")
    target = Target(
        url=options.url,
        token=sys.stdin.read().strip(),
        profile=options.profile,
        connect_to=(host, int(port)),
        authority=options.authority,
        any_certificate=options.authority is None,
    )
    try:
        steps = run_check(target)
    except CheckFailed as error:
        print(f"the smoke test failed at `{error.step}`: {error}", file=sys.stderr)
        return 1
    json.dump({step.name: round(step.seconds, 2) for step in steps}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
