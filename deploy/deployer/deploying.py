"""A release brought to an environment, and taken back if anything about it is wrong.

First everything is looked at that can be; nothing has changed yet when that fails. Then the
backup, the switch, and the proof; when one of these fails, the release before works again.
"""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Final

from deploy.deployer.backups import back_up
from deploy.deployer.compose import local_images
from deploy.deployer.doctor import refuse_unfit_host
from deploy.deployer.environment import Environment
from deploy.deployer.findings import refuse
from deploy.deployer.gpu_registry import GpuRegistry, host_folder
from deploy.deployer.interrupts import uninterrupted
from deploy.deployer.outcomes import Failed, NeedsPerson, RolledBack
from deploy.deployer.platform_health import (
    await_certificate,
    check_answers,
    check_parts,
    check_smoke,
)
from deploy.deployer.programs import Programs
from deploy.deployer.release_lock import differences, inspect_images
from deploy.deployer.releases import Releases
from deploy.deployer.simulation import check_speed, reported_gpus, simulate
from deploy.deployer.story import Story
from deploy.deployer.switching import check_schemas, lock_of, switch_back, switch_to
from hub.storage import checkout

__all__ = ["Deployment", "RollBack"]

UNTOUCHED: Final = "users' servers, homes and secrets"


class Deployment:
    """One release on its way to one environment.

    Parameters
    ----------
    new : Programs
        Told the release to bring.
    old : Programs or None
        Told the one that runs; none the first time.
    story : Story
        Is told each step.
    builds : bool
        Whether images that are missing are built from this checkout.
    """

    how = "deployed"

    def __init__(
        self, new: Programs, old: Programs | None, story: Story, *, builds: bool
    ) -> None:
        self._new, self._old, self._story = new, old, story
        self._builds = builds
        self._releases = Releases(new.state)
        self._environment = Environment(new, story)
        self._gpus: list[str] = []

    def run(self) -> None:
        """Look, change, prove; or change back.

        Raises
        ------
        Failed
            If it failed before anything was changed.
        RolledBack
            If it failed later, and the release before works again.
        NeedsPerson
            If that doesn't work either, or there is none.
        """
        story = self._story
        self._title()
        self._look()
        story.left = f"the running release, {UNTOUCHED}"
        self._make_ready()
        try:
            self._switch()
            self._prove()
        except (Failed, KeyboardInterrupt) as error:
            self._go_back(error)
        how = self.how
        self._story.change("the release is recorded", lambda: self._record(how))

    def _title(self) -> None:
        name, version = self._new.settings.name, self._new.version
        running = f"{self._old.version} runs" if self._old else "nothing runs yet"
        dry = ", a dry run" if self._story.dry_run else ""
        self._story.say(f"{name}: release {version} ({running}){dry}")

    def _look(self) -> None:
        story, environment = self._story, self._environment
        story.check("Docker answers", environment.check_docker)
        story.check("this host", lambda: refuse_unfit_host(self._new))
        if self._builds:
            story.change("images that are missing are built", self._build)
        story.check("compose files", self._check_files)
        story.check("images are here", environment.check_images)
        story.check("images are the release's", self._check_lock)
        story.check("GPUs, and their shares", self._check_gpus)
        story.check("secrets", environment.check_secrets)
        self._check_way()

    def _check_way(self) -> None:
        old, new = self._old, self._new
        self._story.check("schemas, rehearsed", lambda: check_schemas(old, new))

    def _make_ready(self) -> None:
        story = self._story
        story.change("GPU shares are taken", self._take_gpus)
        self._environment.prepare()
        if self._old is not None and self._old.settings.backup is not None:
            old = self._old
            story.change("backup", lambda: back_up(old, reason="deploy"))

    def _switch(self) -> None:
        switch_to(self._new, self._old, self._story)

    def _return(self, old: Programs) -> None:
        switch_back(self._new, old, self._story)

    def _prove(self) -> None:
        story, new = self._story, self._new
        # In a dry run nothing new is there to be proved.
        story.change("every part is well", lambda: check_parts(new))
        story.change("known simulation, users' image", self._simulate)
        story.change("smoke test", lambda: check_smoke(new))
        story.change("API under 20 questions/s", lambda: check_answers(new))
        story.change("certificate", lambda: await_certificate(new))

    def _go_back(self, error: BaseException) -> None:
        why = str(error) or "it was interrupted"
        version, story = self._new.version, self._story
        if self._old is None:
            message = (
                f"release {version} failed: {why}\nThere is no release to go back to; its "
                "parts run on, to be looked at. Deploying again goes on from here."
            )
            raise NeedsPerson(message) from error
        old = self._old
        story.say(f"release {version} failed: {why}")
        story.say(f"going back to release {old.version}")
        try:
            with uninterrupted(story.say):
                self._return(old)
                story.change("every part is well", lambda: check_parts(old))
                story.change("smoke test", lambda: check_smoke(old))
        except Failed as worse:
            message = (
                f"release {version} failed: {why}\nGoing back to {old.version} failed "
                f"too: {worse}\nLeft as they were: {UNTOUCHED}, and the last backup. "
                "deploy/README.md, `Incidents`, says what to do."
            )
            raise NeedsPerson(message) from worse
        message = (
            f"release {version} failed: {why}\nRelease {old.version} works again. Left as "
            f"they were: {UNTOUCHED}, and the database but for its way up and down."
        )
        raise RolledBack(message) from error

    def _build(self) -> str:
        try:
            return f"nothing to build: {self._environment.check_images()}"
        except Failed:
            # The build tells its own story, which may take minutes.
            self._story.say("  images are missing, and built now")
        command = [sys.executable, "deploy/images.py"]
        if subprocess.run(command, cwd=checkout(), check=False).returncode:
            message = "the images could not be built, see above."
            raise Failed(message)
        local_images.cache_clear()
        return "see above"

    def _check_files(self) -> None:
        self._new.compose("config", "--quiet")

    def _check_lock(self) -> str:
        file = self._releases.known_lock(self._new.version)
        if file is None:
            return "recorded at the end: this release is new here"
        lock = file[1]
        refuse(differences(lock, inspect_images(self._new.docker, lock.images)))
        return f"{len(lock.images)} as in {file[0].parent.parent.name}'s lock"

    def _check_gpus(self) -> str:
        name, share = self._new.settings.name, self._new.settings.gpus.share
        images = [one.image for one in self._new.settings.profiles if one.gpu]
        found = self._new.named_cards
        if images and not found:
            found = tuple(reported_gpus(self._new.docker, images[0]))
        self._gpus = [device.name for device in found]
        refuse(GpuRegistry(host_folder()).would_break(name, self._gpus, share))
        if not self._gpus:
            return "no GPU on this host: everything runs on the processor"
        return f"{share:.0%} of {len(self._gpus)} cards"

    def _take_gpus(self) -> None:
        name, share = self._new.settings.name, self._new.settings.gpus.share
        refuse(GpuRegistry(host_folder()).take(name, self._gpus, share))

    def _simulate(self) -> str:
        profiles = self._new.settings.profiles
        told = []
        image = next(one.image for one in profiles if not one.gpu)
        simulated = simulate(self._new.docker, image)
        told.append(check_speed(self._new.state, simulated))
        for device in self._gpus:
            image = next(one.image for one in profiles if one.gpu)
            simulated = simulate(self._new.docker, image, device)
            told.append(check_speed(self._new.state, simulated))
        return "; ".join(told) if self._gpus else f"{told[0]}; no GPU here"

    def _record(self, how: str) -> str:
        version = self._new.version
        lock = lock_of(self._new, datetime.now(UTC))
        lock.write(self._releases.file(version))
        self._releases.runs_now(version, how)
        old = [name for name in self._releases.forget_old() if name.startswith("mchub/")]
        for name in old:
            # One that something else still uses stays.
            self._new.try_docker("image", "rm", name)
        return f"kept: {', '.join(self._releases.kept())}"


class RollBack(Deployment):
    """A kept release on its way back: the same looks and proofs, the schemas led down."""

    how = "gone back to"

    def _check_way(self) -> None:
        """The way down was rehearsed when the newer release came."""

    def _switch(self) -> None:
        assert self._old is not None
        switch_back(self._old, self._new, self._story)

    def _return(self, old: Programs) -> None:
        switch_to(old, self._new, self._story)
