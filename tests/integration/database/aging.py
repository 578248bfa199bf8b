"""Makes copies older than they are, because nobody waits a month for a test.

Run in the database's container: ``python3 - LABEL=DAYS ...``. The list of copies carries a
digest of its own content; it is made anew as pgBackRest makes it.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

INFO = Path("/var/lib/pgbackrest/backup/mchub/backup.info")
KEY = "backrest-checksum"


def digest(lines: list[str]) -> str:
    """SHA-1 of all sections as one JSON object, the digest itself left out."""
    sections: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.startswith("["):
            current = sections.setdefault(line[1:-1], {})
        elif line and not line.startswith(f"{KEY}="):
            key, value = line.split("=", 1)
            current[key] = value
    told = ",".join(
        f'"{name}":{{' + ",".join(f'"{key}":{value}' for key, value in held.items()) + "}"
        for name, held in sections.items()
    )
    return hashlib.sha1(f"{{{told}}}".encode()).hexdigest()


def main() -> None:
    """Make each backup that is named older by so many days."""
    lines = INFO.read_text().splitlines()
    said = next(line for line in lines if line.startswith(f"{KEY}="))
    assert said == f'{KEY}="{digest(lines)}"', "this is not how the digest is made"
    for argument in sys.argv[1:]:
        label, days = argument.split("=")
        (place,) = [n for n, line in enumerate(lines) if line.startswith(f"{label}=")]

        def older(found: re.Match[str]) -> str:
            return f"{found[1]}{int(found[2]) - int(days) * 86_400}"  # noqa: B023

        aged = re.sub(r'("backup-timestamp-(?:start|stop)":)(\d+)', older, lines[place])
        assert json.loads(aged.split("=", 1)[1]), aged
        lines[place] = aged
    lines = [f'{KEY}="{digest(lines)}"' if line == said else line for line in lines]
    for file in (INFO, INFO.with_suffix(".info.copy")):
        file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
