"""Writes numbers, one a transaction, by the engine that the hub has, until it must stop.

At its end it prints what was acknowledged and how long it had to wait at most.
"""

import json
import signal
import sys
import threading
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub import load
from hub.database import connect

# A commit whose answer got lost may have happened; the same number is then written again.
_TABLE = text("CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)")
_INSERT = text("INSERT INTO written VALUES (:number) ON CONFLICT DO NOTHING")


def main() -> None:
    """Write until told to stop."""
    first, over = int(sys.argv[1]), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    engine = connect(load("production"))
    with engine.begin() as connection:
        connection.execute(_TABLE)
    number, longest, last, errors = first, 0.0, time.monotonic(), set[str]()
    print("writing", flush=True)  # noqa: T201
    while not over.is_set():
        try:
            with engine.begin() as connection:
                connection.execute(_INSERT, {"number": number})
        except SQLAlchemyError as error:
            errors.add(type(error).__name__)
            time.sleep(0.1)
            continue
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        number += 1
        time.sleep(0.004)
    told = {
        "first": first,
        "count": number - first,
        "longest": longest,
        "errors": sorted(errors),
    }
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
