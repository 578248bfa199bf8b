"""A host that is lost: the environment again, on another one, from what lies off-site.

What the new host can't know lies in the recovery kit: what opens the copies, and the site's
settings, which say where they are. It is written while all is well, and kept elsewhere.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.deployer.database import restore_database
from deploy.deployer.env_files import parsed, secret_name, variable
from deploy.deployer.environment import Environment
from deploy.deployer.files_backup import (
    FilesCopy,
    file_backups,
    newest_before,
    restore_files,
    restore_state,
)
from deploy.deployer.outcomes import Failed, NeedsPerson
from deploy.deployer.part_secrets import OFF_SITE
from deploy.deployer.programs import Programs
from deploy.deployer.story import Story
from hub.storage import write_whole

__all__ = ["KIT", "rebuild", "write_kit"]

KIT: Final = "recovery.env"
"""File of the kit with the secrets; the site's settings lie beside it."""

# Number of the repository that a lost host leaves.
_OFF_SITE_COPIES: Final = 2
_AUTHORITIES: Final = "authorities"
_HEAD: Final = """\
# Opens the copies of {name} that lie off-site. Keep it where the host isn't.
# deploy/backup/README.md, `A new host`, says what to do with it.
"""


def write_kit(environment: Environment, folder: Path) -> Path:
    """Write what a new host needs into a folder that exists, and return the secrets' file.

    Raises
    ------
    Failed
        If nothing of the environment lies off-site, or there is no such folder.
    """
    settings = environment.programs.settings
    _require_off_site(environment.programs)
    if not folder.is_dir():
        message = f"`--to` must be a folder that exists; got {str(folder)!r}."
        raise Failed(message)
    values = environment.secrets.values()
    lines = "".join(f"{variable(name)}={values[name]}\n" for name in OFF_SITE)
    write_whole(folder / KIT, _HEAD.format(name=settings.name) + lines)
    site = environment.programs.state / "site.toml"
    write_whole(folder / "site.toml", site.read_text(encoding="utf-8"))
    # Without the authorities of a site of its own the bucket would not be trusted.
    _copy(environment.programs.state / _AUTHORITIES, folder / _AUTHORITIES)
    return folder / KIT


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def rebuild(
    environment: Environment, story: Story, kit: Path, to: datetime | None
) -> FilesCopy:
    """Bring an environment up on a host that has nothing of it, as it was at a moment.

    Parameters
    ----------
    environment : Environment
        Told the site's settings; its state folder may be empty.
    story : Story
        Is told each step.
    kit : Path
        Folder that `write_kit` filled.
    to : datetime or None
        The moment, in UTC if it has no time zone; ``None``: the last that copies know.

    Returns
    -------
    FilesCopy
        The copy that homes and state are from.

    Raises
    ------
    Failed
        If this host has something of it already, or the copies can't be read; what was made
        until then, `down --forget` removes.
    NeedsPerson
        If a later step fails; the copies are as they were.
    """
    programs = environment.programs
    _require_off_site(programs)
    if to is not None and to.tzinfo is None:
        to = to.replace(tzinfo=UTC)
    docker, settings, state = programs.docker, programs.settings, programs.state
    story.check("Docker answers", environment.check_docker)
    story.check("images are here", environment.check_images)
    story.check("nothing of it is here yet", lambda: _require_nothing(programs))
    text = (kit / KIT).read_text(encoding="utf-8")
    opens = {secret_name(name): value for name, value in parsed(text, KIT).items()}

    def take() -> None:
        # A vault or an env file may have them already, and is left alone then.
        source = environment.secrets.source
        there = source.read(environment.secrets.names)
        missing = {name: opens[name] for name in opens if there.get(name) != opens[name]}
        if missing:
            source.keep(missing)
        _copy(kit / _AUTHORITIES, state / _AUTHORITIES)

    story.change("what opens the copies", take)
    environment.prepare()
    copies: list[FilesCopy] = []

    def find() -> str:
        there = file_backups(docker, settings, repositories=[_OFF_SITE_COPIES])
        copies.append(newest_before(there, to, _OFF_SITE_COPIES))
        return f"{copies[0].label} of {copies[0].ended:%Y-%m-%d %H:%M:%S}"

    story.change("the copy of the files", find)
    [copy] = copies
    try:
        story.change(
            "secrets and configuration",
            lambda: restore_state(docker, settings, state, copy),
        )
        environment.prepare()
        story.change(
            f"{len(copy.homes)} homes", lambda: restore_files(docker, settings, state, copy)
        )
        story.change(
            "the database",
            lambda: restore_database(docker, settings, to=to, repository=_OFF_SITE_COPIES),
        )
        story.change("containers", environment.start_containers)
    except Failed as error:
        message = (
            f"{error}\nDone before that: {', '.join(story.done)}. The copies are as they "
            "were; after `down --forget` the same command begins again."
        )
        raise NeedsPerson(message) from error
    return copy


def _require_off_site(programs: Programs) -> None:
    backup = programs.settings.backup
    if backup is None or not backup.off_site:
        message = f"{programs.settings.name}.backup.off_site: must name a bucket; got none."
        raise Failed(message)


def _require_nothing(programs: Programs) -> None:
    label = f"label=com.docker.compose.project=mchub-{programs.settings.name}"
    here = [programs.docker(kind, "ls", "--quiet", "--filter", label) for kind in _KINDS]
    if "".join(here):
        message = (
            f"this host must have nothing of {programs.settings.name}, so that nothing is "
            "written over; containers or volumes are here.\n"
            "hint: `restore` puts data back where the environment is; `down --forget` "
            "deletes it."
        )
        raise Failed(message)


_KINDS: Final = ("container", "volume")
