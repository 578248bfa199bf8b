"""A restore that is tried aside while people work: copies that were never read are a hope.

A timer of the host runs it (deploy/backup/README.md); the metrics tell when it last passed.
"""

from functools import partial

from deploy.deployer.database import drill_database
from deploy.deployer.files_backup import drill_files
from deploy.deployer.programs import Programs
from deploy.deployer.story import Story

__all__ = ["drill"]


def drill(programs: Programs, story: Story) -> None:
    """Restore the database to a moment and some homes, from each repository, and look.

    Raises
    ------
    Failed
        If anything is otherwise than it was; nothing that people use was touched.
    """
    docker, settings = programs.docker, programs.settings
    assert settings.backup is not None
    numbers = (1, 2) if settings.backup.off_site else (1,)

    for number in numbers:
        where = "this host" if number == 1 else "off-site"
        story.check(f"the database, from {where}", partial(_of_database, programs, number))
        of_files = partial(drill_files, docker, settings, repository=number)
        story.check(f"files, from {where}", of_files)


def _of_database(programs: Programs, number: int) -> str:
    found = drill_database(programs.docker, programs.settings, repository=number)
    return f"{found.n_users} users, {found.seconds:.1f} s"
