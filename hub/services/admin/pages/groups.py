"""The groups: made, looked into and deleted; members come and go on the users' page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.services.admin.desk import Desk
from hub.services.admin.protection import Forbidden
from hub.services.admin.rendering import page
from hub.services.admin.roster import name_problem
from hub.services.admin.signing_in import SignedIn, desk_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/groups")
async def groups(request: Request, person: SignedIn) -> HTMLResponse:
    """Every group and how many are in it."""
    found = await person.hub.groups()
    return page(request, "groups", person, groups=found, problem="")


def _require_own(desk: Desk) -> None:
    if not desk.manages_groups:
        message = "Groups come from the provider of sign-in here, and are changed there."
        raise Forbidden(message)


@router.post("/groups")
async def make(request: Request, person: SignedIn) -> Response:
    """Make a group."""
    desk, form = desk_of(request), await request.form()
    _require_own(desk)
    name = str(form.get("name", "")).strip()
    law = name_problem(name)
    if law:
        found, problem = await person.hub.groups(), f"{law}; got {name!r}."
        return page(request, "groups", person, status=400, groups=found, problem=problem)
    await person.hub.create_group(name)
    await desk.note(person, "group.create", name)
    return RedirectResponse(f"{desk.prefix}/groups", 303)


@router.post("/groups/delete")
async def remove(request: Request, person: SignedIn) -> Response:
    """Delete a group, once its deletion was confirmed."""
    desk, form = desk_of(request), await request.form()
    _require_own(desk)
    name = str(form.get("name", ""))
    if form.get("sure") != "yes":
        found = [group for group in await person.hub.groups() if group.name == name]
        return page(request, "group_sure", person, name=name, found=found)
    await person.hub.delete_group(name)
    await desk.note(person, "group.delete", name)
    return RedirectResponse(f"{desk.prefix}/groups", 303)
