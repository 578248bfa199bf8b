"""Say which rules of section 5 of the CIS Docker Benchmark a host's containers break.

``docker inspect $(docker ps --quiet) | python -m deploy.cis``
"""

import argparse
import json
import sys
from collections.abc import Sequence

from deploy.cis.rules import EXCEPTIONS, violations

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read ``docker inspect`` from standard input; 1 if a rule is broken."""
    parser = argparse.ArgumentParser(prog="python -m deploy.cis", description=__doc__)
    parser.parse_args(arguments)
    broken = []
    for container in json.load(sys.stdin):
        service = (container["Config"].get("Labels") or {}).get(
            "com.docker.compose.service", ""
        )
        broken += violations(container, EXCEPTIONS.get(service))
    print("\n".join(map(str, broken)) or "every rule of section 5 that can be read holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
