"""The table of rules, and the audit that goes through it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mclib.audits import readings, rules
from mclib.audits.findings import Audit, Finding, Subject

Rule = Callable[[Subject], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    rules.negative_normal,
    rules.vanishing_divisor,
    rules.logarithm_of_negative,
    rules.expected_loss,
    rules.two_drivers,
    rules.sure_output,
    rules.unused_input,
    rules.idle_correlation,
    rules.same_output,
    rules.unnamed_output,
    rules.halved_ends,
    rules.continuous_count,
    rules.endless_variance,
    rules.sure_parameters,
    readings.repeated_number,
    readings.same_draws,
    readings.other_model,
)


def audited(model: Any, source: str, results: Sequence[Any] = ()) -> Audit:
    """Return what the rules find in a model, by ``model.audit(*results)``.

    Parameters
    ----------
    model : Model
        The model, with the parameters that it has now.
    source : str
        The text of its function; empty if there is none.
    results : sequence of Result
        Of runs that go together.

    Returns
    -------
    Audit
        Findings, each with the way out. That there are none proves nothing.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Normal(100, 30), price=20.0, fee=3.0):
    ...     return {"revenue": mc.maximum(units, 0) * price}
    >>> print(sales.audit())
    no output rests on parameter `fee`.
      hint: use it, or leave it out.
    """
    subject = Subject.of(model, source, results)
    found = tuple(finding for rule in RULES for finding in rule(subject))
    return Audit(model.name, found)
