"""The users: a list to search and to choose from, acts on many, and a page for each."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub import quotas
from hub.services.admin.acts import ACTS, Doing, perform
from hub.services.admin.deciding import KINDS, decide, wish_from
from hub.services.admin.desk import Desk, Person
from hub.services.admin.listing import SORTS, STATES, Wanted, every_row, listing
from hub.services.admin.rendering import page, path_of
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.hub_api import User
from hub.services.web.protection import Forbidden, form_of
from hub.suspension import suspensions

__all__ = ["router", "wanted_from"]

router = APIRouter(include_in_schema=False)


def wanted_from(asked: Any) -> Wanted:
    """What a form or an address asks for; nonsense is as if it weren't there."""
    state, sort = str(asked.get("state", "")), str(asked.get("sort", ""))
    number = str(asked.get("page", ""))
    return Wanted(
        search=str(asked.get("search", "")).strip(),
        state=state if state in STATES else "",
        group=str(asked.get("group", "")),
        sort=sort if sort in SORTS else "name",
        page=max(1, int(number)) if number.isascii() and number.isdigit() else 1,
    )


@router.get("")
@router.get("/")
async def first_page(request: Request, _person: SignedIn) -> Response:
    """The first place is that of the users."""
    return RedirectResponse(f"{desk_of(request).prefix}/users", 302)


@router.get("/users")
async def users(request: Request, person: SignedIn) -> HTMLResponse:
    """A page of users, with the acts for those who are chosen."""
    desk, wanted = desk_of(request), wanted_from(request.query_params)
    found = await listing(desk, person, wanted)
    groups = await person.hub.groups()
    return page(
        request,
        "users",
        person,
        found=found,
        wanted=wanted,
        groups=[group.name for group in groups],
        acts=ACTS,
        states=STATES,
        sorts=SORTS,
    )


@router.post("/users/act")
async def ask_before(request: Request, person: SignedIn) -> Response:
    """Say what an act would do and to whom, and ask whether to."""
    form = await form_of(request)
    doing = Doing(
        act=str(form.get("act", "")),
        names=await _chosen(desk_of(request), person, form),
        group=str(form.get("to_group", "")),
        reason=str(form.get("reason", "")).strip(),
    )
    problem = _problem(doing)
    if problem:
        back = f"users?{urlencode(wanted_from(form).query())}"
        return page(request, "refused", person, status=400, message=problem, back=back)
    if form.get("sure") != "yes":
        return page(request, "sure", person, doing=doing, kind=ACTS[doing.act])
    return await _do(request, person, doing)


async def _chosen(desk: Desk, person: Person, form: Any) -> tuple[str, ...]:
    if form.get("all_found") == "yes":
        wanted = wanted_from(form)
        return tuple([row.user.name async for row in every_row(desk, person, wanted)])
    return tuple(dict.fromkeys(str(name) for name in form.getlist("name")))


def _problem(doing: Doing) -> str:
    if doing.act not in ACTS:
        return f"`act` must be one of {', '.join(ACTS)}; got {doing.act!r}."
    if not doing.names:
        return "Nobody was chosen, so nothing was done."
    if ACTS[doing.act].needs == "group" and not doing.group:
        return "No group was chosen, so nothing was done."
    return ""


async def _do(request: Request, person: Person, doing: Doing) -> Response:
    desk = desk_of(request)
    report = await perform(desk, person, doing)
    session = desk.sessions.find(person.cookie)
    if session is None:
        return page(request, "report", person, report=report)
    # Kept and shown under an address of its own: loading it again repeats nothing.
    return RedirectResponse(f"{desk.prefix}/reports/{session.keep(report)}", 303)


@router.get("/reports/{key}")
async def report(request: Request, person: SignedIn, key: str) -> HTMLResponse:
    """What became of an act."""
    session = desk_of(request).sessions.find(person.cookie)
    kept = session.reports.get(key) if session else None
    if kept is None:
        message = "This report is no longer kept; the audit log has what was done."
        return page(request, "refused", person, status=404, message=message)
    return page(request, "report", person, report=kept)


@router.get("/user")
async def user(
    request: Request, person: SignedIn, name: Annotated[str, Query()] = ""
) -> HTMLResponse:
    """All about one user."""
    return await _user(request, person, name)


async def _user(
    request: Request, person: Person, name: str, problem: str = "", form: Any = None
) -> HTMLResponse:
    desk, found = desk_of(request), await person.hub.user(name)
    if found is None:
        message = problem or f"There is no user {name!r}."
        return page(request, "refused", person, status=404, message=message)
    suspended = await run_in_threadpool(suspensions, desk.engine, [name])
    return page(
        request,
        "user",
        person,
        status=400 if problem else 200,
        user=found,
        suspension=suspended.get(name),
        n_tokens=len(await person.hub.tokens(name)),
        groups=[group.name for group in await person.hub.groups()],
        acts=ACTS,
        account=await run_in_threadpool(_account, desk, found),
        stored=await run_in_threadpool(_stored, desk, found),
        decided=await run_in_threadpool(quotas.decisions, desk.engine, name),
        resources=quotas.RESOURCES,
        budgets=desk.budgets,
        kinds=KINDS,
        problem=problem,
        form=form or {},
    )


def _stored(desk: Desk, user: User) -> quotas.StorageUse | None:
    if desk.storage is None:
        return None
    now = datetime.now(UTC)
    limit = quotas.storage_limit(desk.storage, desk.budgets, user.groups, now)
    return quotas.storage_of(desk.engine, user.name, limit)


@router.post("/budget")
async def decide_budget(request: Request, person: SignedIn) -> Response:
    """Give a user more, a budget of their own, or the groups' again."""
    desk, form = desk_of(request), await form_of(request)
    if desk.budgets is None:
        message = "No budgets are kept here, so there is none to change."
        raise Forbidden(message)
    name = str(form.get("user", ""))
    try:
        await decide(desk, person, wish_from(form))
    except ValueError as error:
        return await _user(request, person, name, str(error), form)
    return RedirectResponse(f"{desk.prefix}/user?name={path_of(name)}", 303)


def _account(desk: Desk, user: User) -> quotas.Account | None:
    if desk.budgets is None:
        return None
    now = datetime.now(UTC)
    return quotas.account_of(desk.engine, desk.budgets, user.name, user.groups, now)
