"""The groups: made, looked into and deleted; members come and go on the users' page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.services.admin.desk import Desk, Person
from hub.services.admin.rendering import page
from hub.services.admin.roster import name_problem
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.hub_api import HubRefusal
from hub.services.web.protection import Forbidden, form_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/groups")
async def groups(request: Request, person: SignedIn) -> HTMLResponse:
    """Every group and how many are in it."""
    return await _shown(request, person)


async def _shown(
    request: Request, person: Person, problem: str = "", name: str = ""
) -> HTMLResponse:
    return page(
        request,
        "groups",
        person,
        status=400 if problem else 200,
        groups=await person.hub.groups(),
        problem=problem,
        name=name,
    )


def _require_own(desk: Desk) -> None:
    if not desk.manages_groups:
        message = "Groups come from the provider of sign-in here, and are changed there."
        raise Forbidden(message)


@router.post("/groups")
async def make(request: Request, person: SignedIn) -> Response:
    """Make a group."""
    desk, form = desk_of(request), await form_of(request)
    _require_own(desk)
    name = str(form.get("name", "")).strip()
    law = name_problem(name)
    if law:
        return await _shown(request, person, f"{law}; got {name!r}.", name)
    try:
        await person.hub.create_group(name)
    except HubRefusal as refusal:
        told = {"said": refusal.message}
        await desk.note(person, "group.create", name, "refused", told)
        problem = f"The hub refused the group {name!r}: {refusal.message}."
        return await _shown(request, person, problem, name)
    await desk.note(person, "group.create", name)
    return RedirectResponse(f"{desk.prefix}/groups", 303)


@router.post("/groups/delete")
async def remove(request: Request, person: SignedIn) -> Response:
    """Delete a group, once its deletion was confirmed."""
    desk, form = desk_of(request), await form_of(request)
    _require_own(desk)
    name = str(form.get("name", ""))
    found = [group for group in await person.hub.groups() if group.name == name]
    if not found:
        problem = f"There is no group {name!r} (any more), so none was deleted."
        return await _shown(request, person, problem)
    if form.get("sure") != "yes":
        return page(request, "group_sure", person, group=found[0])
    await person.hub.delete_group(name)
    await desk.note(person, "group.delete", name)
    return RedirectResponse(f"{desk.prefix}/groups", 303)
