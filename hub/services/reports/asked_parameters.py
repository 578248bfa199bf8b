"""Parameters in the forms of pages: what is shown, and what somebody asks for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException

from hub.services.reports.desk import ReportsDesk
from hub.services.reports.library import Version
from hub.services.reports.made import made_of
from hub.services.reports.parameter_form import fields_of, typed_in, values_of

__all__ = ["Asked", "asked_in", "shown_form"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a form asks for.

    Attributes
    ----------
    values : mapping
        Parameters other than the version's own.
    typed, wrong : mapping of str to str
        What was typed, and what may not be, by the name of the parameter.
    """

    values: Mapping[str, Any]
    typed: Mapping[str, str]
    wrong: Mapping[str, str]


async def asked_in(desk: ReportsDesk, at: Version, form: Mapping[str, Any]) -> Asked:
    """What a form asks for, held against what the notebook of a version has.

    Raises
    ------
    HTTPException
        If the version doesn't tell its parameters, and what was typed is no JSON.
    """
    made = await made_of(desk, at)
    if made.parameters is None:
        values = _in_json(str(form.get("parameters", "")))
        return Asked(values=values, typed={}, wrong={})
    typed = typed_in(form)
    values, wrong = values_of(made.parameters, typed)
    return Asked(values=values, typed=typed, wrong=wrong)


def _in_json(text: str) -> dict[str, Any]:
    law = 'The parameters must be an object in JSON, such as {"rate": 0.03}.'
    try:
        parameters = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, law) from error
    if not isinstance(parameters, dict):
        raise HTTPException(422, law)
    return parameters


async def shown_form(
    desk: ReportsDesk, at: Version | None, asked: Asked | None = None
) -> dict[str, Any]:
    """What a template shows of a version's parameters, or their JSON if it doesn't tell.

    Parameters
    ----------
    desk : ReportsDesk
        The files.
    at : Version, optional
        Whose parameters; without one there is no form.
    asked : Asked, optional
        What was typed before, if that may not be.
    """
    if at is None:
        return {"fields": None, "parameters": "", "wrong": [], "n_wrong": 0}
    made = await made_of(desk, at)
    typed, wrong = ({}, {}) if asked is None else (asked.typed, asked.wrong)
    fields = None
    if made.parameters is not None:
        fields = fields_of(made.parameters, typed, wrong)
    named = {one.name for one in fields or ()}
    return {
        "fields": fields,
        "parameters": json.dumps(dict(at.parameters), indent=1),
        "wrong": [said for name, said in wrong.items() if name not in named],
        "n_wrong": len(wrong),
    }
