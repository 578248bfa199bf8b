"""From one hub to the other, and so from one release to the next, while people work.

The steps, in the order of a deployment: `wait_for_starts`, `start_standby` with the new
image, `hand_over`, and `start_standby` again for the other color. `switch` does all four; a
rollback is `switch` to the older image. Where the revisions of the tables differ,
`deploy.deployer.schema` rehearses the way up and down before, and the way back down happens
between the two hubs, see `switch`.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from deploy.deployer.commands import Failed
from deploy.deployer.compose import keep_hub_image
from deploy.deployer.programs import Programs
from deploy.deployer.schema import Heads, heads, leading_down

__all__ = [
    "Found",
    "Hub",
    "Switched",
    "found",
    "hand_over",
    "start_standby",
    "switch",
    "take_back",
    "wait_for_starts",
]

STARTS_END_WITHIN: Final = 60.0
STANDS_BY_WITHIN: Final = 180.0
ANSWERS_WITHIN: Final = 60.0

_OTHER: Final = {"blue": "green", "green": "blue"}
# Asked as people ask, through the proxy, and with a token, which the hub looks up in its
# database: `/hub/health` is well even when no page can be shown. Who answers is in the
# header. The token is in no command line.
_ASK: Final = """
end=$(($(date +%s) + $1))
while [ "$(date +%s)" -lt "$end" ]; do
    said=$(printf 'Authorization: token %s' "$(cat /run/secrets/steward_token)" |
        curl -s -m 5 -o /dev/null -D - -H @- "$2/hub/api/user" | tr -d '\\r')
    case $said in HTTP/1.1\\ 200*)
        hub=$(printf '%s' "$said" | sed -n 's/^x-mchub-hub: //Ip')
        of=$(printf '%s' "$said" | sed -n 's/^x-mchub-release: //Ip')
        [ "$hub $of" = "$3 $4" ] && date +%s.%N && exit 0 ;;
    esac
    sleep 0.05
done
echo "last answer: ${said:-none}" >&2
exit 1
"""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that runs: its color and its release."""

    color: str
    release: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """The hubs of an environment.

    Attributes
    ----------
    active : Hub or None
        The one that holds the lock.
    standing_by : tuple of Hub
        Those that wait for it.
    starting : tuple of str or None
        Servers in the middle of a start or a stop; None if no hub says.
    """

    active: Hub | None
    standing_by: tuple[Hub, ...]
    starting: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Switched:
    """What a switch did.

    Attributes
    ----------
    hub : Hub
        The active one now.
    gap : float
        Seconds from the word to the old hub until the new one answered: at least as long as
        no hub did.
    cut : tuple of str
        Starts that did not end in time, and were lost with the old hub.
    """

    hub: Hub
    gap: float
    cut: tuple[str, ...]


def found(programs: Programs) -> Found:
    """Which hub is active, which stand by, and what is just starting."""
    said = programs.compose("exec", "-T", "steward", "python", "-m", "hub", "hubs")
    told = json.loads(said)
    starting = told["starting"]
    return Found(
        active=_hub(told["active"]) if told["active"] else None,
        standing_by=tuple(map(_hub, told["standing_by"])),
        starting=None if starting is None else tuple(starting),
    )


def _hub(told: dict[str, Any]) -> Hub:
    return Hub(color=told["color"], release=told["release"])


def wait_for_starts(
    programs: Programs, within: float = STARTS_END_WITHIN
) -> tuple[str, ...]:
    """Wait until no server is in the middle of a start or a stop.

    Returns
    -------
    tuple of str
        Those that are, after `within` seconds: a switch now would lose them.
    """
    end = time.monotonic() + within
    while True:
        starting = found(programs).starting or ()
        if not starting or time.monotonic() >= end:
            return starting
        time.sleep(0.5)


def start_standby(
    programs: Programs, color: str, image: str, within: float = STANDS_BY_WITHIN
) -> Hub:
    """Start the hub of a color on `image`, and wait until it stands by.

    The image is kept as that color's, for all that compose does from then on.

    Raises
    ------
    Failed
        If that color is the active one, or does not stand by in time; the active hub is as
        it was.
    """
    before = found(programs)
    if before.active and before.active.color == color:
        message = f"the {color} hub must not be the active one; it is, and people use it."
        raise Failed(message)
    keep_hub_image(programs.state, color, image)
    programs.compose("up", "--detach", "--no-deps", "--wait", f"hub-{color}", within=within)
    wanted = Hub(color=color, release=heads(programs, image).release)
    now = found(programs)
    if wanted not in now.standing_by:
        message = f"{wanted} must stand by; {now.standing_by} do."
        raise Failed(message)
    return wanted


def hand_over(programs: Programs, to: Hub, within: float = ANSWERS_WITHIN) -> float:
    """Tell the active hub to end, and wait until `to` answers people.

    Returns
    -------
    float
        Seconds from the word to the first answer.

    Raises
    ------
    Failed
        If it does not answer in time: `take_back` is the way out.
    """
    active = f"hub-{_OTHER[to.color]}"
    # Not `stop`, which waits: it stays a while, so that who asks there is refused at once.
    began = time.time()
    programs.docker("kill", "--signal=SIGTERM", programs.container(active))
    return wait_for_answer(programs, to, within) - began


def wait_for_answer(programs: Programs, hub: Hub, within: float = ANSWERS_WITHIN) -> float:
    """Wait until a hub answers what takes the database, through the proxy; when it did.

    Raises
    ------
    Failed
        If none or another hub answers until the end of the time.
    """
    ask = ("sh", "-c", _ASK, "ask", str(int(within)), "http://proxy:8000")
    told = (hub.color, hub.release)
    said = programs.compose("exec", "-T", "steward", *ask, *told, within=within + 30)
    return float(said)


def switch(
    programs: Programs,
    image: str,
    *,
    down_to: Heads | None = None,
    waits: Callable[[Programs], tuple[str, ...]] = wait_for_starts,
) -> Switched:
    """Make `image` that of both hubs, one after the other.

    Parameters
    ----------
    programs : Programs
        The environment.
    image : str
        Of the release to switch to.
    down_to : Heads, optional
        Revisions to lead the tables back to between the two hubs, as a rollback to an older
        release needs; `deploy.deployer.schema.heads` of the older image gives them.
    waits : callable, default `wait_for_starts`
        Waits for what should end before.

    Raises
    ------
    Failed
        If a step fails. Until the old hub is told to end, it is as it was; after that
        `take_back` is the way out.
    """
    active = found(programs).active
    if active is None:
        message = "a hub must be active; none is. hint: `docker compose ps`, and its logs."
        raise Failed(message)
    to = start_standby(programs, _OTHER[active.color], image)
    cut = waits(programs)
    if down_to is None:
        gap = hand_over(programs, to)
    else:
        old = programs.told()[f"MC_HUB_{active.color.upper()}_IMAGE"]
        with leading_down(programs, old, down_to):
            gap = hand_over(programs, to)
    start_standby(programs, active.color, image)
    return Switched(hub=to, gap=gap, cut=cut)


def take_back(programs: Programs, color: str, image: str) -> Hub:
    """After a hand-over that failed: have the hub of `color` work again, on `image`.

    The other one is stopped, whatever it does. The tables must be of that image's release;
    if the other hub had led them on, `deploy.deployer.schema.lead_back` comes before.

    Raises
    ------
    Failed
        If it doesn't answer in time.
    """
    programs.compose("stop", f"hub-{_OTHER[color]}")
    keep_hub_image(programs.state, color, image)
    programs.compose("up", "--detach", "--no-deps", "--wait", f"hub-{color}")
    hub = Hub(color=color, release=heads(programs, image).release)
    wait_for_answer(programs, hub)
    return hub
