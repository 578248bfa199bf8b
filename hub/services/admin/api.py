"""The same acts for programs: JSON, with an admin's token in the header `Authorization`.

What it may do is what the token may do: the hub decides, as it does for the pages.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from hub import announcements as board
from hub.gpus import Leases
from hub.services.admin.acts import ACTS, Doing, perform
from hub.services.admin.deciding import Wish, decide
from hub.services.admin.inviting import invitation, invite
from hub.services.admin.listing import PER_PAGE, Wanted, listing
from hub.services.admin.offboarding import begin, go_on, take_up
from hub.services.admin.outcomes import Report
from hub.services.admin.pages.usage import uses
from hub.services.admin.reports import Plan, offboarding
from hub.services.admin.roster import Line, name_problem
from hub.services.admin.signing_in import SignedIn, desk_of

__all__ = ["router"]

_REFUSALS: Final[Mapping[int | str, dict[str, Any]]] = {
    401: {"description": "No token, or one that the hub doesn't know"},
    403: {"description": "The token is not an admin's"},
    503: {"description": "The hub doesn't answer"},
}

router = APIRouter(prefix="/api", responses=dict(_REFUSALS))

Names = Annotated[list[str], Field(min_length=1, max_length=5_000)]


class UserModel(BaseModel):
    """A user as the list shows them."""

    name: str
    admin: bool
    groups: list[str]
    suspended: bool
    servers: list[str] = Field(description="names of those that run; the first has none")
    created: datetime | None
    last_activity: datetime | None


class UsersModel(BaseModel):
    """A page of users."""

    total: int
    page: int
    per_page: int = PER_PAGE
    users: list[UserModel]


class Invited(BaseModel):
    """A user who is to be there."""

    name: str
    groups: list[str] = []


class Asked(BaseModel):
    """An act on users."""

    act: Literal["stop", "suspend", "resume", "join", "leave"]
    names: Names
    group: str = Field("", description="for `join` and `leave`")
    reason: str = Field("", max_length=500, description="for `suspend`")


class OutcomeModel(BaseModel):
    """What became of one user."""

    name: str
    state: Literal["ok", "partly", "refused"]
    said: str
    link: str = Field("", description="address to send, after an invitation")


class Announced(BaseModel):
    """A text for everybody; without a start from now on, without an end until withdrawn."""

    text: str = Field(min_length=1, max_length=board.LONGEST)
    level: board.Level = "info"
    starts: AwareDatetime | None = None
    ends: AwareDatetime | None = None


class Leaving(BaseModel):
    """What shall become of a user who leaves. The name comes twice: it can't be undone."""

    name: str
    confirmed_name: str
    archives: bool = True
    deletes_files: bool = False
    deletes_unarchived: bool = False
    keeps_name_barred: bool = True


def _outcomes(report: Report) -> list[OutcomeModel]:
    return [OutcomeModel(**vars(outcome)) for outcome in report.outcomes]


@router.get("/users", tags=["users"])
async def users(
    request: Request,
    person: SignedIn,
    search: str = "",
    state: Literal["", "active", "inactive", "suspended"] = "",
    group: str = "",
    page: Annotated[int, Query(ge=1)] = 1,
) -> UsersModel:
    """Users whose name holds `search`, a page of them."""
    wanted = Wanted(search=search, state=state, group=group, page=page)
    found = await listing(desk_of(request), person, wanted)
    return UsersModel(
        total=found.total,
        page=page,
        users=[
            UserModel(
                name=row.user.name,
                admin=row.user.is_admin,
                groups=list(row.user.groups),
                suspended=row.suspension is not None,
                servers=[server.name for server in row.user.servers],
                created=row.user.created,
                last_activity=row.user.last_activity,
            )
            for row in found.rows
        ],
    )


@router.post("/users", tags=["users"])
async def invite_users(
    request: Request, person: SignedIn, invited: list[Invited]
) -> list[OutcomeModel]:
    """Make users who aren't there, add all to their groups; again changes nothing."""
    desk = desk_of(request)
    lines = [
        Line(number=number, name=one.name.strip().lower(), groups=tuple(one.groups))
        for number, one in enumerate(invited, 1)
    ]
    for line in lines:
        law = name_problem(line.name)
        if law:
            raise HTTPException(422, f"user {line.number}: {law}; got {line.name!r}.")
        if line.groups and not desk.manages_groups:
            raise HTTPException(422, "`groups` must be empty: each sign-in sets them.")
    found = _outcomes(await invite(desk, person, lines))
    for outcome in found:
        if outcome.state != "refused":
            outcome.link = invitation(desk, outcome.name)
    return found


@router.post("/acts", tags=["users"])
async def act(request: Request, person: SignedIn, asked: Asked) -> list[OutcomeModel]:
    """Do one thing to many users; each has an outcome of its own."""
    if ACTS[asked.act].needs == "group" and not asked.group:
        raise HTTPException(422, f"`group` must be given for `{asked.act}`; got ''.")
    doing = Doing(
        act=asked.act,
        names=tuple(dict.fromkeys(asked.names)),
        group=asked.group,
        reason=asked.reason,
    )
    return _outcomes(await perform(desk_of(request), person, doing))


@router.post("/offboardings", tags=["users"])
async def offboard_user(
    request: Request, person: SignedIn, leaving: Leaving
) -> dict[str, Any]:
    """Let a user go: stop, end tokens and shares, archive, delete. It can't be undone."""
    if leaving.confirmed_name != leaving.name:
        law = f"`confirmed_name` must be `name`, {leaving.name!r}"
        raise HTTPException(422, f"{law}; got {leaving.confirmed_name!r}.")
    plan = Plan(**leaving.model_dump(exclude={"name", "confirmed_name"}))
    desk = desk_of(request)
    return vars(await go_on(desk, person, await begin(desk, person, leaving.name, plan)))


@router.post("/offboardings/{report_id}", tags=["users"])
async def go_on_offboarding(
    request: Request, person: SignedIn, report_id: int
) -> dict[str, Any]:
    """Go on with an offboarding that failed or was cut off; no step is done twice."""
    desk = desk_of(request)
    return vars(await go_on(desk, person, await take_up(desk, person, report_id)))


@router.post("/budgets", status_code=201, tags=["usage"])
async def decide_budget(request: Request, person: SignedIn, wish: Wish) -> dict[str, Any]:
    """Grant hours for one period, give a user a budget of their own, or end that."""
    desk = desk_of(request)
    if desk.budgets is None:
        raise HTTPException(403, "No budgets are kept here, so there is none to change.")
    try:
        return vars(await decide(desk, person, wish))
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


@router.get("/offboardings/{report_id}", tags=["users"])
async def offboarding_report(
    request: Request, _person: SignedIn, report_id: int
) -> dict[str, Any]:
    """Every step of one user's."""
    found = await run_in_threadpool(offboarding, desk_of(request).engine, report_id)
    if found is None:
        raise HTTPException(404, f"There is no report {report_id}.")
    return vars(found)


@router.get("/announcements", tags=["announcements"])
async def announcements(request: Request, _person: SignedIn) -> list[board.Announcement]:
    """Every announcement, the newest start first."""
    return await run_in_threadpool(board.all_announcements, desk_of(request).engine)


@router.post("/announcements", status_code=201, tags=["announcements"])
async def announce(
    request: Request, person: SignedIn, announced: Announced
) -> board.Announcement:
    """Announce something."""
    desk = desk_of(request)
    starts = announced.starts or datetime.now(UTC)
    try:
        made = await run_in_threadpool(
            lambda: board.announce(
                desk.engine,
                text=announced.text,
                level=announced.level,
                starts=starts,
                ends=announced.ends,
                by=person.name,
            )
        )
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    detail = {"text": made.text, "level": made.level}
    await desk.note(person, "announcement.publish", str(made.id), detail=detail)
    return made


@router.delete("/announcements/{number}", status_code=204, tags=["announcements"])
async def withdraw(request: Request, person: SignedIn, number: int) -> None:
    """Take an announcement down."""
    desk = desk_of(request)
    if not await run_in_threadpool(board.withdraw, desk.engine, number):
        raise HTTPException(404, f"There is no announcement {number}.")
    await desk.note(person, "announcement.withdraw", str(number))


@router.get("/usage", tags=["usage"])
async def usage(
    request: Request,
    person: SignedIn,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    each: Literal["user", "group"] = "user",
) -> list[dict[str, Any]]:
    """Hours and bytes of the last `days`, for each user or group."""
    return [vars(use) for use in await uses(desk_of(request), person, days, each)]


@router.get("/leases", tags=["usage"])
async def leases(request: Request, _person: SignedIn) -> dict[str, Any]:
    """Who holds which part of a GPU in ten-thousandths, and who waits in which order."""
    desk = desk_of(request)
    books = Leases(desk.engine, desk.capacity)
    held = await run_in_threadpool(books.held)
    waiting = await run_in_threadpool(books.waiting)
    return {
        "held": [vars(lease) for lease in held],
        "waiting": [vars(one) for one in waiting],
    }
