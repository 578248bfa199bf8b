"""A hub for tests in which all that takes minutes elsewhere takes seconds.

Its processes are those of `hub.plans`, each with these settings in the place of an
environment's. `python -m tests.integration.brisk_hub SERVICE` is one of them.
"""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil

from hub import storage
from hub.choices import Audit, Budget, Budgets, Postgres
from hub.database import connect
from hub.environments import load
from hub.environments.shared import IDLE
from hub.plans import HUB, plans
from hub.processes import Plan, Process
from hub.roles import IDLE_CULLER
from hub.settings import Settings
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import LiveHub, Person, free_port

SECOND = timedelta(seconds=1)
CONFIG = "from tests.integration.brisk_hub import settings\n"
HUB_CONFIG = CONFIG + "from hub import configure\nconfigure(get_config(), settings())\n"
HUB_CONFIG_FILE = "hub_config.py"
CULLER_CONFIG = CONFIG + (
    "from hub.activity.arbiter import arbiter_for\n"
    "get_config().IdleCuller.cull_arbiter_hook = arbiter_for(settings())\n"
)


def settings() -> Settings:
    """A development hub in a hurry, with an audit log and budgets.

    Where ``PGPORT`` names one, its database is the PostgreSQL on that port of this machine.
    """
    development = load("development")
    if "PGPORT" in os.environ:
        local = Postgres(host="localhost", replicas=0)
        development = replace(development, database=local)
    return replace(
        development,
        idle=replace(
            IDLE,
            after=30 * SECOND,
            warn_before=10 * SECOND,
            check_every=SECOND,
            read_every=SECOND,
        ),
        budgets=Budgets(
            period=timedelta(days=30),
            warn_at=0.5,
            grace=60 * SECOND,
            everybody=Budget(name="everybody", gpu_hours=1, cpu_hours=500),
            groups=(),
        ),
        audit=Audit(keep=timedelta(days=7)),
    )


class BriskHub(LiveHub):
    """A running hub, its database, and its processes."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.engine = connect(settings())
        self.started: dict[str, Process] = {}

    def pid_of(self, name: str) -> int:
        return self.started[name].pid

    def end(self, name: str) -> None:
        """End a process."""
        self.started[name].end()

    def start_again(self, name: str) -> None:
        """Start a process that has ended."""
        ended = self.started[name]
        ended.end()
        self.started[name] = Process(ended.plan, storage.logs_folder(), ROOT)


@contextmanager
def brisk_hub(
    state: Path, parts: Collection[str] | None = None, within: timedelta = 90 * SECOND
) -> Iterator[BriskHub]:
    """A hub that is stopped at the end, and leaves nothing behind; some of its parts."""
    state.chmod(0o700)
    os.environ["MCHUB_STATE"] = str(state)
    hub = BriskHub(state)
    ports = {
        "MCHUB_PORT": str(hub.port),
        "MCHUB_API_PORT": str(hub.api_port),
        "MCHUB_HUB_PORT": str(free_port()),
        "MCHUB_PROXY_API_PORT": str(free_port()),
        "MCHUB_ADMIN_PORT": str(free_port()),
        "MCHUB_REPORTS_PORT": str(free_port()),
    }
    before = {name: os.environ.get(name) for name in ports}
    os.environ |= ports
    configs = {IDLE_CULLER: state / "culler_config.py"}
    (state / HUB_CONFIG_FILE).write_text(HUB_CONFIG)
    configs[IDLE_CULLER].write_text(CULLER_CONFIG)
    with ExitStack() as stack:
        for plan in plans(settings()):
            if parts is not None and plan.name not in parts:
                continue
            process = Process(_brisk(plan, configs), storage.logs_folder(), ROOT)
            stack.callback(hub.end, plan.name)
            hub.started[plan.name] = process
            process.wait_until_it_answers(within, lambda: False)
        stack.callback(hub.engine.dispose)
        yield hub
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    # A kernel takes a moment to see that its server is gone.
    _, left = psutil.wait_procs(hub.processes(), timeout=15)
    commands = [process.cmdline() for process in left]
    for process in left:
        process.kill()
    assert not commands, commands


@contextmanager
def people(hub: BriskHub) -> Iterator[Callable[[str], Person]]:
    """Makes people who have signed in; their servers end with the block."""
    came: list[Person] = []

    def person(name: str) -> Person:
        came.append(Person(hub, name))
        came[-1].sign_in(hub.secret("user_password"))
        return came[-1]

    yield person
    for who in came:
        who.ask("DELETE", f"/users/{who.name}/server")
        who.client.close()


def until(happens: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something happens."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(0.2)


def _brisk(plan: Plan, configs: dict[str, Path]) -> Plan:
    command = [
        f"--config={configs[plan.name]}" if part.startswith("--config=") else part
        for part in plan.command
    ]
    if command[1:4] == ["-m", "hub", "serve"]:
        command[1:4] = ["-m", "tests.integration.brisk_hub"]
    return replace(plan, command=tuple(command))


def main(service: str) -> None:
    """Be the hub or one of the services."""
    from hub.gate import pass_gate
    from hub.services import platform_api, steward

    if service == HUB:
        pass_gate(settings(), print)
        config = storage.state_folder() / HUB_CONFIG_FILE
        os.execv(sys.executable, [sys.executable, "-m", "jupyterhub", f"--config={config}"])
    serve = {"platform-api": platform_api.serve, "steward": steward.serve}[service]
    serve(settings())


if __name__ == "__main__":
    main(sys.argv[1])
