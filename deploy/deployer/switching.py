"""From one release to another while people work, and back again.

The order is that of what people would notice: first who may ask Docker for what, then the
hub, by its standby, then every other part that changed. An image that did not change keeps
the name under which it runs, so that its container stays as it is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from deploy.deployer.commands import Command, run
from deploy.deployer.compose import files, keep_hub_image
from deploy.deployer.environment import Environment
from deploy.deployer.hub_switch import found, switch, take_back
from deploy.deployer.outcomes import Failed
from deploy.deployer.programs import Programs
from deploy.deployer.release_lock import (
    Image,
    ReleaseLock,
    digest_of_files,
    inspect_images,
)
from deploy.deployer.schema import Heads, heads, lead_back, rehearse
from deploy.deployer.story import Story
from hub.release import COLORS
from hub.storage import checkout

__all__ = ["check_schemas", "keep_unchanged", "lock_of", "switch_back", "switch_to"]

_HUB: Final = "MC_HUB_IMAGE"


def keep_unchanged(new: Programs, old: ReleaseLock) -> None:
    """Have images that are the same in both releases keep the names they run under.

    The hub's image is not among them: by its name it is known which release runs.
    """
    told = new.told()
    here = inspect_images(new.docker, [told[name] for name in old.variables])
    new.kept_images.update(unchanged(told, here, old))


def unchanged(
    told: Mapping[str, str], here: Mapping[str, Image], old: ReleaseLock
) -> dict[str, str]:
    """Names of images of the `old` release, by variable, where they did not change."""
    kept = {}
    for variable, name in old.variables.items():
        new, before = here.get(told.get(variable, "")), old.images.get(name)
        if variable != _HUB and new and before and new.is_same(before):
            kept[variable] = name
    return kept


def lock_of(programs: Programs, now: datetime) -> ReleaseLock:
    """The lock of what a host has of a release."""
    told = programs.told()
    names = Environment(programs, Story(lambda _: None)).images()
    found = heads(programs, told[_HUB])
    return ReleaseLock(
        version=programs.version,
        commit=_commit(),
        made_at=now.isoformat(timespec="seconds"),
        images=inspect_images(programs.docker, names),
        variables={
            name: image
            for name, image in told.items()
            if name.endswith("_IMAGE") and not name.startswith("MC_HUB_")
        }
        | {_HUB: told[_HUB]},
        files=digest_of_files(checkout() / file for file in files(programs.settings)),
        schemas={"mchub": found.mchub, "jupyterhub": found.jupyterhub},
    )


def check_schemas(old: Programs | None, new: Programs) -> str:
    """The way of the schemas up, down and up again on a copy, where they differ.

    Raises
    ------
    Failed
        If the image of the hub doesn't start, is of another release, or its way fails.
    """
    image = new.told()[_HUB]
    release = heads(new, image).release
    if release != new.version:
        message = f"{image}: must be of release {new.version}; it says {release}."
        raise Failed(message)
    if old is None:
        return f"the image says release {release}"
    seconds = rehearse(new, old.told()[_HUB], image)
    if seconds is None:
        return "the same in both releases"
    return f"up, down and up again on a copy in {seconds:.1f} s"


def switch_to(new: Programs, old: Programs | None, story: Story) -> None:
    """Bring every part to a release.

    Raises
    ------
    Failed
        If one doesn't come up; `switch_back` is the way out.
    """
    environment = Environment(new, story)
    if old is None:
        story.change("containers", environment.start_containers)
        return
    story.change("who may ask Docker for what", lambda: _start(new, "docker-policy"))
    story.change("from hub to hub", lambda: _switch_hub(new))
    story.change("every other part", environment.start_containers)


def switch_back(new: Programs, old: Programs, story: Story) -> None:
    """Bring every part back to the release `old`, whatever state `new` is in.

    Raises
    ------
    Failed
        If that doesn't succeed.
    """
    environment = Environment(old, story)
    environment.prepare()
    story.change("who may ask Docker for what", lambda: _start(old, "docker-policy"))
    story.change("the hub", lambda: _hub_back(new, old))
    story.change("every other part", environment.start_containers)


def _start(programs: Programs, service: str) -> None:
    programs.compose("up", "--detach", "--no-deps", "--wait", service)


def _switch_hub(new: Programs) -> str:
    switched = switch(new, new.told()[_HUB])
    cut = f", starts cut off: {', '.join(switched.cut)}" if switched.cut else ""
    return f"{switched.hub.color} is active, gap {switched.gap:.1f} s{cut}"


def _hub_back(new: Programs, old: Programs) -> str:
    image = old.told()[_HUB]
    back_to = heads(old, image)
    try:
        active = found(old).active
    except Failed:
        active = None
    if active is not None and active.release == old.version:
        for color in COLORS:
            keep_hub_image(old.state, color, image)
        return f"{active.color} was active all the time"
    down_to = back_to if _differ(new, back_to) else None
    if active is not None:
        try:
            switched = switch(old, image, down_to=down_to)
        except Failed:
            # The new one can't even hand over.
            active = None
        else:
            return f"{switched.hub.color} is active, gap {switched.gap:.1f} s"
    old.compose("stop", *(f"hub-{color}" for color in COLORS))
    if down_to is not None:
        lead_back(new, new.told()[_HUB], down_to)
    hub = take_back(old, COLORS[0], image)
    keep_hub_image(old.state, COLORS[1], image)
    return f"{hub.color} is active; there was no hub in between"


def _differ(new: Programs, back_to: Heads) -> bool:
    try:
        return heads(new, new.told()[_HUB]).revisions != back_to.revisions
    except Failed:
        # An image that can't say its revisions has not led the tables anywhere.
        return False


def _commit() -> str:
    git = ("git", "-c", "safe.directory=*", "rev-parse", "HEAD")
    try:
        return run(Command(words=git), checkout()).strip()
    except Failed:
        return ""
