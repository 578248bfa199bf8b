"""What each verb of the deployer does, told what the command line says."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from deploy.deployer.backups import back_up, find_moment, require_backup
from deploy.deployer.data_digests import differences, digest_data, still
from deploy.deployer.deploying import Deployment, RollBack
from deploy.deployer.disaster import rebuild, write_kit
from deploy.deployer.doctor import examine
from deploy.deployer.drill import drill
from deploy.deployer.environment import Environment
from deploy.deployer.outcomes import Failed
from deploy.deployer.programs import Programs
from deploy.deployer.releases import Releases
from deploy.deployer.restoring import restore_to
from deploy.deployer.rotation import rotate
from deploy.deployer.status import status
from deploy.deployer.story import Story
from deploy.deployer.switching import keep_unchanged
from hub.release import release

__all__ = ["VERBS", "Run", "Verb"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One call of the deployer.

    Attributes
    ----------
    name : str
        The environment.
    states : Path
        Folder with the states of all environments.
    story : Story
        Is told each step.
    options : argparse.Namespace
        What the command line says.
    """

    name: str
    states: Path
    story: Story
    options: argparse.Namespace

    @property
    def releases(self) -> Releases:
        """What the environment ran."""
        return Releases(self.states / self.name)

    def programs(self, version: str | None = None) -> Programs:
        """Those of a release: of the one that runs, or else of this checkout's."""
        version = version or self.releases.current or release()
        return Programs.of(self.name, self.states, version)

    def environment(self) -> Environment:
        """The environment in the release that runs."""
        return Environment(self.programs(), self.story)


class Act(Protocol):
    """Does what a verb says."""

    def __call__(self, run: Run) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb: what it does, whether it changes anything, and its line in the help."""

    act: Act
    text: str
    changes: bool = True


def _up(run: Run) -> None:
    run.environment().up()


def _down(run: Run) -> None:
    run.environment().down(forget=run.options.forget)


def _status(run: Run) -> None:
    run.story.say(status(run.programs()))


def _doctor(run: Run) -> None:
    run.story.say(examine(run.programs()))


def _archive_home(run: Run) -> None:
    options = run.options
    run.environment().archive_home(options.user, options.to, delete=options.delete)


def _deploy(run: Run) -> None:
    current, wanted = run.releases.current, run.options.version or release()
    old = run.programs(current) if current else None
    new = run.programs(wanted)
    if old is not None and not new.kept_images:
        keep_unchanged(new, run.releases.lock(old.version))
    Deployment(new, old, run.story, builds=run.options.build).run()


def _rollback(run: Run) -> None:
    releases = run.releases
    to = run.options.version or releases.previous
    if to is None or releases.current is None:
        message = "there must be a release before this one; none is kept."
        raise Failed(message)
    if to == releases.current:
        message = f"release {to} runs already; kept are: {', '.join(releases.kept())}."
        raise Failed(message)
    releases.lock(to)
    running, wanted = run.programs(), run.programs(to)
    before = still(digest_data(running)) if run.options.compare else None
    RollBack(wanted, running, run.story, builds=False).run()
    if before is not None and not run.story.dry_run:
        found = differences(before, still(digest_data(wanted)))
        run.story.say("\n".join(found) or "  all data are what they were")


def _emergency(run: Run) -> None:
    running = run.programs()
    require_backup(running)
    moment = find_moment(running, run.options.backup)
    then = run.programs(moment.release or None)
    number = run.options.repository
    restore_to(then, moment, run.story, repository=number, with_state=True)


def _restore(run: Run) -> None:
    running = run.programs()
    require_backup(running)
    moment = find_moment(running, run.options.to)
    number = run.options.repository
    restore_to(running, moment, run.story, repository=number, with_state=False)


def _backup(run: Run) -> None:
    running, digests = run.programs(), run.options.digests
    require_backup(running)
    run.story.change(
        "backup", lambda: back_up(running, reason="by hand", with_digests=digests)
    )


def _rotate(run: Run) -> None:
    environment = run.environment()
    rotate(run.options.what, environment.programs, environment.secrets, run.story)


def _drill(run: Run) -> None:
    running = run.programs()
    require_backup(running)
    drill(running, run.story)


def _kit(run: Run) -> None:
    environment, folder = run.environment(), run.options.to
    run.story.change("the recovery kit", lambda: write_kit(environment, folder))


def _rebuild(run: Run) -> None:
    moment = datetime.fromisoformat(run.options.to) if run.options.to else None
    copy = rebuild(run.environment(), run.story, run.options.kit, moment)
    run.story.say(f"  homes and state are those of {copy.label}")


VERBS: Final = {
    "deploy": Verb(
        act=_deploy, text="bring a release, and the one before back if it fails"
    ),
    "rollback": Verb(act=_rollback, text="go back to a kept release while people work"),
    "emergency-rollback": Verb(
        act=_emergency, text="go back to a backup: data, secrets, settings, release"
    ),
    "backup": Verb(act=_backup, text="copy database and files now"),
    "restore": Verb(act=_restore, text="put the data back to a time"),
    "drill": Verb(act=_drill, text="restore copies aside, and look at them", changes=False),
    "rotate": Verb(act=_rotate, text="exchange a secret for a new one"),
    "recovery-kit": Verb(act=_kit, text="write what a new host would need"),
    "rebuild": Verb(act=_rebuild, text="the environment again on a new host"),
    "up": Verb(act=_up, text="start what doesn't run"),
    "down": Verb(act=_down, text="stop everything, users' servers included"),
    "status": Verb(act=_status, text="parts, release, copies, speed", changes=False),
    "doctor": Verb(
        act=_doctor, text="what is wrong on this host, and what to do", changes=False
    ),
    "archive-home": Verb(act=_archive_home, text="a user's files, in one file of yours"),
}
