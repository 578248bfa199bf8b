"""Runs inside a user's container and tries to get out; prints what it found as JSON.

It is sent to a kernel as text, and its first line is preceded by `TARGETS = {...}`.
"""

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def knock(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "open"


def writes(path):
    try:
        Path(path, "intruder").write_text("x")
    except OSError as error:
        return type(error).__name__
    return "written"


status = dict(
    line.split(":\t", 1)
    for line in Path("/proc/self/status").read_text().splitlines()
    if ":\t" in line
)
# A door that nobody answers takes its two seconds; all are tried at once.
with ThreadPoolExecutor(64) as hands:
    answers = list(hands.map(knock, *zip(*TARGETS.values(), strict=True)))  # noqa: F821
found = {
    "knocks": dict(zip(TARGETS, answers, strict=True)),  # noqa: F821
    "names": {name: name for name in NAMES if knock(name, 5432) == "open"},  # noqa: F821
    "writes": {path: writes(path) for path in ("/", "/usr", "/etc", "/opt/venv", "/tmp")},
    "uid": os.getuid(),
    "capabilities": status["CapEff"],
    "no_new_privileges": status["NoNewPrivs"],
    "seccomp": status["Seccomp"],
    "docker": Path("/var/run/docker.sock").exists(),
    "secrets": Path("/run/secrets").exists(),
    "variables": sorted(os.environ),
}
print(json.dumps(found))  # noqa: T201
