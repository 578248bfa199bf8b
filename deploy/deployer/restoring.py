"""An environment put back to a moment: database, homes, secrets, configuration, release.

People are cut off while it lasts, and what they did since that moment is lost: this is for
what a graceful rollback can't mend.
"""

from collections.abc import Callable

from deploy.deployer.backups import Moment, kept_digests
from deploy.deployer.compose import keep_hub_image
from deploy.deployer.data_digests import DataDigests, differences, digest_data, still
from deploy.deployer.database import restore_database
from deploy.deployer.environment import Environment
from deploy.deployer.files_backup import (
    file_backups,
    newest_before,
    restore_files,
    restore_state,
)
from deploy.deployer.outcomes import Failed, NeedsPerson
from deploy.deployer.platform_health import check_parts, check_smoke
from deploy.deployer.programs import Programs
from deploy.deployer.releases import Releases
from deploy.deployer.story import Story
from hub.release import COLORS

__all__ = ["restore_to"]

_Steps = list[tuple[str, Callable[[], object]]]

# What neither writes to the database nor has a home open.
_STAYS = ("postgres", "etcd", "backup", "front", "proxy", "docker-policy", "login")


def restore_to(
    then: Programs, moment: Moment, story: Story, *, repository: int, with_state: bool
) -> None:
    """Put an environment back to a moment, and start it in the release of `then`.

    Parameters
    ----------
    then : Programs
        Told the release that is to run afterwards.
    moment : Moment
        Which.
    story : Story
        Is told each step.
    repository : int
        1: this host's copies; 2: those off-site.
    with_state : bool
        Whether secrets and configuration are put back too.

    Raises
    ------
    Failed
        If there is no copy of the files from before; nothing was changed.
    NeedsPerson
        If a step after that fails.
    """
    docker, settings, state = then.docker, then.settings, then.state
    copies = file_backups(docker, settings, repositories=[repository])
    copy = newest_before(copies, moment.at, repository)
    digests = kept_digests(state, moment.label)
    story.say(f"{settings.name}: back to {moment.at:%Y-%m-%d %H:%M:%S %Z}")
    story.say(f"  database after {moment.label}, files {copy.label}")
    environment = Environment(then, story)

    def put_back_database() -> str:
        aside = restore_database(
            docker, settings, to=moment.at, repository=repository, say=lambda _: None
        )
        return f"what was there lies in {aside}"

    steps: _Steps = [
        ("users' servers and the hub end", lambda: _stop(environment)),
        ("the database", put_back_database),
        ("homes", lambda: restore_files(docker, settings, state, copy)),
    ]
    if with_state:
        steps.append(
            (
                "secrets and configuration",
                lambda: restore_state(docker, settings, state, copy),
            )
        )
    if digests is not None:
        wanted = digests
        steps.append(("row by row, file by file", lambda: compare(wanted, then)))
    try:
        for name, act in steps:
            story.change(name, act)
        for color in COLORS:
            keep_hub_image(state, color, then.told()["MC_HUB_IMAGE"])
        environment.prepare()
        story.change("containers", environment.start_containers)
        story.change("every part is well", lambda: check_parts(then))
        story.change("smoke test", lambda: check_smoke(then))
    except Failed as error:
        message = (
            f"{error}\nDone before that: {', '.join(story.done) or 'nothing'}. What was "
            "there lies beside the data; deploy/README.md, `Incidents`, goes on from here."
        )
        raise NeedsPerson(message) from error
    story.change(
        "the release is recorded",
        lambda: Releases(state).runs_now(then.version, f"put back to {moment.at}"),
    )


def compare(wanted: DataDigests, programs: Programs) -> str:
    """All data are what they were, row by row and file by file.

    Raises
    ------
    Failed
        If anything differs; each table and each home that does is named.
    """
    found = still(digest_data(programs))
    differ = differences(still(wanted), found)
    if differ:
        raise Failed("the data must be what they were:\n" + "\n".join(differ))
    return found.summary


def _stop(environment: Environment) -> None:
    programs = environment.programs
    services = programs.compose("config", "--services").split()
    programs.compose("stop", *(name for name in services if not name.startswith(_STAYS)))
    # Now, when nobody can start another.
    environment.end_servers()
