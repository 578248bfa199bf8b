"""How much longer it takes to publish a notebook than to run it.

``python -m tests.benchmarks.publishing [NOTEBOOK]`` starts a hub of its own and publishes
the notebook, or a small one, some times: seconds from handing it in to its version, those
that its run took by its own word, and what lies between; and those until its PDF is there.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from hub.plans import HUB, PROXY
from hub.roles import REPORTS
from tests.integration.brisk_hub import brisk_hub, people, until

SMALL = """
import mclib as mc

@mc.model
def launch(x=mc.Normal(mean=1, standard_deviation=2)):
    return {"y": x}

result = mc.simulate(launch, n_trials=1_000_000, seed=7, progress=False)
result
"""


def small() -> dict[str, Any]:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": []}
    cell |= {"execution_count": None, "source": SMALL}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def published(api: httpx.Client, notebook: dict[str, Any]) -> tuple[float, float, float]:
    """Seconds until there is a version, those that its run took, those until its PDF."""
    began = time.monotonic()
    told = {"title": "How long", "notebook": notebook}
    job = api.post("/api/reports", json=told).raise_for_status().json()
    while job["state"] in ("queued", "starting", "running"):
        time.sleep(0.05)
        job = api.get(f"/api/jobs/{job['job']}").raise_for_status().json()
    took = time.monotonic() - began
    if job["state"] != "done":
        raise SystemExit(f"it was not published: {job['why']} {job['failure']}")
    at = f"/r/{job['report']}/v/1/files"
    made = api.get(f"{at}/report.json").raise_for_status().json()
    api.get(f"{at}/page.pdf").raise_for_status()
    return took, float(made["took"]), time.monotonic() - began


def main() -> None:
    """Publish, and say how long it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.publishing")
    parser.add_argument("notebook", type=Path, nargs="?")
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    notebook = json.loads(asked.notebook.read_text()) if asked.notebook else small()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        with brisk_hub(state, (PROXY, HUB, REPORTS)) as hub, people(hub) as person:
            until(lambda: httpx.get(f"{hub.url}/hub/login", trust_env=False).is_success)
            headers = {"Authorization": f"token {person('ada').token()}"}
            at = f"{hub.url}/services/reports"
            with httpx.Client(
                base_url=at, headers=headers, trust_env=False, timeout=60
            ) as api:
                # The first one compiles what the others find compiled.
                published(api, notebook)
                found = [published(api, notebook) for _ in range(asked.times)]
    for took, ran, printed in found:
        told = f"{took:6.2f} s, of which its run {ran:5.2f} s; PDF after {printed:6.2f} s"
        sys.stdout.write(f"{told}\n")
    more = statistics.median(took - ran for took, ran, _ in found)
    load = os.getloadavg()[0]
    sys.stdout.write(f"median of what is added: {more:.2f} s, at a load of {load:.1f}\n")


if __name__ == "__main__":
    main()
