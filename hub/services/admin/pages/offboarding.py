"""Offboarding: what shall become of users who leave, asked twice, then reported."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.services.admin.desk import Desk, Person
from hub.services.admin.offboarding import begin, go_on, take_up
from hub.services.admin.rendering import page
from hub.services.admin.reports import Offboarding, Plan, offboarding, offboardings
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.hub_api import HubRefusal
from hub.services.web.protection import form_of
from hub.suspension import all_suspensions

__all__ = ["router", "words_to_type"]

router = APIRouter(include_in_schema=False)


def words_to_type(names: tuple[str, ...]) -> str:
    """What must be typed before these users are offboarded.

    Examples
    --------
    >>> words_to_type(("ada",)), words_to_type(("ada", "bob"))
    ('ada', 'offboard 2 users')
    """
    return names[0] if len(names) == 1 else f"offboard {len(names)} users"


@router.post("/offboard")
async def ask_before(request: Request, person: SignedIn) -> Response:
    """Ask what shall become of files and names, and whether it is meant."""
    desk, form = desk_of(request), await form_of(request)
    names = tuple(dict.fromkeys(str(name) for name in form.getlist("name")))
    if not names:
        message = "Nobody was chosen, so nothing was done."
        return page(request, "refused", person, status=400, message=message)
    plan, problem = _plan(form), ""
    if form.get("sure") == "yes":
        problem = _problem(plan, names, str(form.get("typed", "")), desk.archive.missing)
        if not problem:
            return await _begin(request, desk, person, names, plan)
    return page(
        request,
        "offboard",
        person,
        status=400 if problem else 200,
        names=names,
        plan=plan if form.get("sure") == "yes" else Plan(),
        words=words_to_type(names),
        missing=desk.archive.missing,
        problem=problem,
    )


async def _begin(
    request: Request, desk: Desk, person: Person, names: tuple[str, ...], plan: Plan
) -> Response:
    """Begin for all who may leave; say who may not."""
    begun, refused = [], []
    for name in names:
        try:
            begun.append(await begin(desk, person, name, plan))
        except HubRefusal as refusal:
            told = {"said": refusal.message}
            await desk.note(person, "offboard.begin", name, "refused", told)
            refused.append(refusal.message)
    # Archives may take long: the reports tell how far it is.
    desk.work_on(_go_on(desk, person, begun))
    if refused:
        others = f" {len(begun)} of {len(names)} are being offboarded." if begun else ""
        message = f"Not offboarded: {'; '.join(refused)}.{others}"
        back = "offboardings" if begun else "users"
        return page(request, "refused", person, status=400, message=message, back=back)
    return RedirectResponse(f"{desk.prefix}/offboardings", 303)


async def _go_on(desk: Desk, person: Person, reports: Sequence[Offboarding]) -> None:
    try:
        for report in reports:
            await go_on(desk, person, report)
    finally:
        # Those that were not reached can be taken up from their reports.
        desk.leaving.difference_update(report.user for report in reports)


def _plan(form: Any) -> Plan:
    return Plan(
        archives=form.get("archives") == "yes",
        deletes_files=form.get("deletes_files") == "yes",
        deletes_unarchived=form.get("deletes_unarchived") == "yes",
        keeps_name_barred=form.get("keeps_name_barred") == "yes",
    )


def _problem(plan: Plan, names: tuple[str, ...], typed: str, missing: str) -> str:
    words = words_to_type(names)
    if typed.strip() != words:
        return f"Type {words!r} to confirm; got {typed.strip()!r}. Nothing was done."
    is_archived = plan.archives and not missing
    if plan.deletes_files and not is_archived and not plan.deletes_unarchived:
        return (
            "Files would be deleted without an archive. Confirm that too, or keep the "
            "files. Nothing was done."
        )
    return ""


@router.get("/offboardings")
async def reports(request: Request, person: SignedIn) -> HTMLResponse:
    """Who left, and the names that stay barred."""
    desk = desk_of(request)
    found = await run_in_threadpool(offboardings, desk.engine)
    suspended = await run_in_threadpool(all_suspensions, desk.engine)
    return page(
        request,
        "offboardings",
        person,
        found=found,
        barred={one.user for one in suspended},
        leaving=desk.leaving,
    )


@router.get("/offboardings/{report_id}")
async def report(request: Request, person: SignedIn, report_id: int) -> HTMLResponse:
    """Every step of one user's."""
    desk = desk_of(request)
    found = await run_in_threadpool(offboarding, desk.engine, report_id)
    if found is None:
        message = f"There is no report {report_id}."
        return page(request, "refused", person, status=404, message=message)
    return page(request, "offboarding", person, report=found, leaving=desk.leaving)


@router.post("/offboardings/{report_id}")
async def take_up_again(request: Request, person: SignedIn, report_id: int) -> Response:
    """Go on with one that failed or was cut off."""
    desk = desk_of(request)
    taken = await take_up(desk, person, report_id)
    desk.work_on(_go_on(desk, person, [taken]))
    return RedirectResponse(f"{desk.prefix}/offboardings/{report_id}", 303)
