"""A deployment: what fails early changes nothing, what fails late is changed back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.deployer import deploying
from deploy.deployer.deploying import Deployment, RollBack
from deploy.deployer.environment import Environment
from deploy.deployer.outcomes import Failed, NeedsPerson, Outcome, RolledBack
from deploy.deployer.programs import Programs
from deploy.deployer.story import Story
from hub import load

EARLY = ("refuse_unfit_host", "check_schemas", "back_up")
LATE = (
    *("switch_to", "check_parts", "check_smoke", "check_answers"),
    "await_certificate",
)


class World:
    """Every step that a deployment takes, written down; those named fail."""

    def __init__(self, patch: pytest.MonkeyPatch, state: Path) -> None:
        self.state, self.taken, self.failing = state, list[str](), list[str]()
        self.lines: list[str] = []
        for name in (*EARLY, *LATE, "switch_back"):
            patch.setattr(deploying, name, self._step(name))
        for name in ("check_docker", "check_images", "check_secrets", "prepare"):
            patch.setattr(Environment, name, lambda _: "")
        for name in ("check_files", "check_lock", "check_gpus", "take_gpus", "simulate"):
            patch.setattr(Deployment, f"_{name}", lambda _: "")
        patch.setattr(Deployment, "_record", lambda _, how: self.taken.append(how))

    def _step(self, name: str) -> Callable[..., str]:
        def step(*_: Any, **__: Any) -> str:
            self.taken.append(name)
            if name in self.failing:
                self.failing.remove(name)
                message = f"{name} broke"
                raise Failed(message)
            return ""

        return step

    def deploy(
        self, *, first: bool = False, dry_run: bool = False, kind: type = Deployment
    ) -> None:
        old = None if first else self._programs("1.0.0")
        story = Story(self.lines.append, dry_run=dry_run)
        kind(self._programs("1.1.0"), old, story, builds=False).run()

    def _programs(self, version: str) -> Programs:
        return Programs(load("production", {"MC_RELEASE": version}), self.state, version)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return World(monkeypatch, tmp_path)


def test_a_release_is_looked_at_backed_up_switched_to_and_proved(world: World) -> None:
    world.deploy()

    assert world.taken == [*EARLY, *LATE, "deployed"]
    assert world.lines[0] == "production: release 1.1.0 (1.0.0 runs)"


@pytest.mark.parametrize("name", EARLY)
def test_what_fails_before_the_switch_changes_nothing(world: World, name: str) -> None:
    world.failing = [name]

    with pytest.raises(Failed, match=f"{name} broke") as failed:
        world.deploy()

    assert failed.value.outcome == Outcome.NOTHING_CHANGED == 1
    assert not set(world.taken) & {"switch_to", "switch_back", "deployed"}


@pytest.mark.parametrize("name", LATE)
def test_what_fails_from_the_switch_on_is_changed_back(world: World, name: str) -> None:
    world.failing = [name]

    with pytest.raises(RolledBack) as failed:
        world.deploy()

    assert failed.value.outcome == Outcome.ROLLED_BACK == 3
    assert world.taken[-3:] == ["switch_back", "check_parts", "check_smoke"]
    assert f"release 1.1.0 failed: {name} broke" in str(failed.value)
    assert "Release 1.0.0 works again" in str(failed.value)
    assert "users' servers, homes and secrets" in str(failed.value)


def test_where_the_way_back_fails_too_a_person_is_needed(world: World) -> None:
    world.failing = ["check_smoke", "switch_back"]

    with pytest.raises(NeedsPerson) as failed:
        world.deploy()

    assert failed.value.outcome == Outcome.NEEDS_PERSON == 4
    assert "check_smoke broke" in str(failed.value)
    assert "switch_back broke" in str(failed.value)


def test_a_first_release_that_fails_has_none_to_go_back_to(world: World) -> None:
    world.failing = ["check_smoke"]

    with pytest.raises(NeedsPerson, match="no release to go back to"):
        world.deploy(first=True)

    assert "switch_back" not in world.taken
    assert "back_up" not in world.taken


def test_an_interrupt_in_the_middle_of_the_switch_is_changed_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploying, "switch_to", interrupted)

    with pytest.raises(RolledBack, match="it was interrupted"):
        world.deploy()

    assert "switch_back" in world.taken


def test_a_dry_run_looks_and_changes_nothing(world: World) -> None:
    world.deploy(dry_run=True)

    assert world.taken == ["refuse_unfit_host", "check_schemas", "switch_to"]
    assert "a dry run" in world.lines[0]


def test_a_rollback_goes_the_other_way_and_is_proved_as_well(world: World) -> None:
    world.deploy(kind=RollBack)

    assert world.taken == [
        *("refuse_unfit_host", "back_up", "switch_back"),
        *(
            "check_parts",
            "check_smoke",
            "check_answers",
            "await_certificate",
            "gone back to",
        ),
    ]


def test_a_rollback_that_fails_goes_forward_again(world: World) -> None:
    world.failing = ["check_parts"]

    with pytest.raises(RolledBack, match=r"Release 1\.0\.0 works again"):
        world.deploy(kind=RollBack)

    assert world.taken[-3:] == ["switch_to", "check_parts", "check_smoke"]
