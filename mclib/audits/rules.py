"""Rules about inputs, outputs, and the graph between them."""

import dataclasses
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mclib.audits.findings import Finding, Subject
from mclib.distributions.bounded import Uniform
from mclib.distributions.distribution import Distribution
from mclib.distributions.normals import Normal
from mclib.distributions.whole_numbers import Bernoulli

if TYPE_CHECKING:
    from mclib.expressions.nodes import Node

_RARE = 0.001
_PLENTY = 10_000
_CHANCES = ("probability", "likelihood", "chance")
_COUNTS = ("count", "number", "n")


def negative_normal(subject: Subject) -> Iterator[Finding]:
    """A normal input around a positive mean, with a good deal below 0."""
    for name, each in subject.known():
        if not isinstance(each, Normal) or not each.mean > 0.0:
            continue
        share = float(each.cdf(0.0))
        if share > _RARE:
            message = f"`{name}` is below 0 in {100.0 * share:.2g} % of trials."
            hint = (
                "for what can't be negative, such as a price or an amount, take "
                "`mc.LogNormal`, `mc.Gamma`, or `mc.Truncated(..., low=0)`."
            )
            yield Finding("negative_normal", name, message, hint)


def vanishing_divisor(subject: Subject) -> Iterator[Finding]:
    """An input that may come close to 0 on either side, below a fraction line."""
    divisors = {each.args[1] for each in subject.used() if each.op.name == "divide"}
    for name, each in subject.known():
        low, high = each.support
        if subject.graph.inputs[name] in divisors and low < 0.0 < high:
            message = f"something is divided by `{name}`, which may be near 0."
            hint = (
                "such a ratio has no mean; look at its quantiles, or take a distribution "
                "that stays away from 0."
            )
            yield Finding("vanishing_divisor", name, message, hint)


def logarithm_of_negative(subject: Subject) -> Iterator[Finding]:
    """An input with values below 0, in a logarithm or a root."""
    asked = {
        each.args[0] for each in subject.used() if each.op.name in ("log", "square_root")
    }
    for name, each in subject.known():
        if subject.graph.inputs[name] in asked and float(each.cdf(0.0)) > 0.0:
            share = 100.0 * float(each.cdf(0.0))
            message = f"the logarithm or root of `{name}` is asked for, and {share:.2g} % "
            message += "of its draws are not above 0."
            hint = "take a distribution that is positive; such trials count as NaN."
            yield Finding("logarithm_of_negative", name, message, hint)


def expected_loss(subject: Subject) -> Iterator[Finding]:
    """A probability, as a number, times a random impact."""
    products = [each for each in subject.used() if each.op.name == "multiply"]
    for name, value in subject.constants.items():
        words = name.lower().split("_")
        if not 0.0 < value < 1.0 or not (words[0] == "p" or set(words) & {*_CHANCES}):
            continue
        for each in products:
            is_it = [x.op.name == "parameter" and x.payload == name for x in each.args]
            others = [x for x, own in zip(each.args, is_it, strict=True) if not own]
            if any(is_it) and others and not others[0].is_uniform:
                message = f"`{name}` times an impact is a bit of the impact in every trial."
                hint = (
                    f"for an event that happens or doesn't, make the impact an input: "
                    f"`mc.RiskEvent({value:g}, ...)`."
                )
                yield Finding("expected_loss", name, message, hint)
                break


def two_drivers(subject: Subject) -> Iterator[Finding]:
    """An event as a Bernoulli input times an impact that nothing else uses."""
    users: dict[Node, list[Node]] = {}
    for each in subject.used():
        for arg in set(each.args):
            users.setdefault(arg, []).append(each)
    names = {node: name for name, node in subject.graph.inputs.items()}
    for name, node in subject.graph.inputs.items():
        if not isinstance(subject.inputs.get(name), Bernoulli):
            continue
        for product in users.get(node, []):
            others = [arg for arg in product.args if arg is not node and arg in names]
            if product.op.name == "multiply" and others and users[others[0]] == [product]:
                impact = names[others[0]]
                message = f"`{name}` and `{impact}` are one risk and two drivers."
                hint = (
                    "write `mc.RiskEvent(probability, impact)`: one input, one bar of a "
                    "tornado, and it can be correlated."
                )
                yield Finding("two_drivers", name, message, hint)


def sure_output(subject: Subject) -> Iterator[Finding]:
    """An output that is the same in every trial."""
    for name, node in subject.graph.outputs.items():
        if subject.is_traced and node.is_uniform:
            message = f"output `{name}` depends on nothing random."
            hint = "make what it rests on an input, or leave it out."
            yield Finding("sure_output", name, message, hint)


def unused_input(subject: Subject) -> Iterator[Finding]:
    """An input or parameter that no output rests on."""
    if not subject.is_traced:
        return
    used = subject.used()
    parameters = {each.payload for each in used if each.op.name == "parameter"}
    for name, node in subject.graph.inputs.items():
        if node not in used:
            message = f"no output rests on input `{name}`."
            yield Finding("unused_input", name, message, "use it, or leave it out.")
    for name in subject.constants:
        if name not in parameters and name not in subject.graph.fixed:
            message = f"no output rests on parameter `{name}`."
            yield Finding("unused_input", name, message, "use it, or leave it out.")


def idle_correlation(subject: Subject) -> Iterator[Finding]:
    """A correlation with an input that is always the same, or that nothing uses."""
    used = subject.used()
    known = dict(subject.known())
    for name in (name for each in subject.couplings for name in each.names):
        is_sure = name in known and _is_sure(known[name])
        is_unused = subject.is_traced and subject.graph.inputs[name] not in used
        if is_sure or is_unused:
            why = "is the same in every trial" if is_sure else "is used by no output"
            message = f"`{name}` is correlated with others and {why}."
            hint = "the correlation has no effect; correlate what varies and is used."
            yield Finding("idle_correlation", name, message, hint)


def same_output(subject: Subject) -> Iterator[Finding]:
    """Two outputs that are the same number."""
    first: dict[Node, str] = {}
    for name, node in subject.graph.outputs.items():
        if node in first and subject.is_traced:
            message = f"outputs `{first[node]}` and `{name}` are the same number."
            hint = "one of them may be a slip; leave one out."
            yield Finding("same_output", name, message, hint)
        first.setdefault(node, name)


def unnamed_output(subject: Subject) -> Iterator[Finding]:
    """A single output that has no name of its own."""
    if subject.is_traced and list(subject.graph.outputs) == [subject.name]:
        message = f"the output has no name of its own, and is called `{subject.name}`."
        hint = 'return it by name, as in `return {"profit": profit}`.'
        yield Finding("unnamed_output", subject.name, message, hint)


def halved_ends(subject: Subject) -> Iterator[Finding]:
    """A uniform input that is rounded: its ends come half as often."""
    rounded = {each.args[0] for each in subject.used() if each.op.name == "rounded"}
    for name, each in subject.known():
        if isinstance(each, Uniform) and subject.graph.inputs[name] in rounded:
            low, high = each.support
            message = f"`{name}` is rounded: its ends come half as often as the rest."
            hint = f"take `mc.DiscreteUniform({math.ceil(low)}, {math.floor(high)})`."
            yield Finding("halved_ends", name, message, hint)


def continuous_count(subject: Subject) -> Iterator[Finding]:
    """An input that is called a count and isn't drawn as one."""
    for name, each in subject.known():
        if not set(name.lower().split("_")) & {*_COUNTS}:
            continue
        x = np.asarray(each.quantile(np.linspace(0.05, 0.95, 10)))
        if not np.array_equal(x, np.rint(x)):
            message = f"`{name}` is called a count, and its draws are no whole numbers."
            hint = "take `mc.Poisson`, `mc.Binomial`, `mc.DiscreteUniform`, or `mc.rint`."
            yield Finding("continuous_count", name, message, hint)


def endless_variance(subject: Subject) -> Iterator[Finding]:
    """An input without a variance: standard errors of means say nothing."""
    for name, each in subject.known():
        if not math.isfinite(float(each.variance)):
            message = f"`{name}` has no finite variance."
            hint = (
                "means and their standard errors don't settle; look at quantiles, or cap "
                "it by `mc.Truncated`."
            )
            yield Finding("endless_variance", name, message, hint)


def sure_parameters(subject: Subject) -> Iterator[Finding]:
    """An input fitted to few data, whose parameters are taken as if they were sure."""
    for name, each in subject.inputs.items():
        n_data = _fitted_to(each)
        if 0.0 < n_data < _PLENTY:
            message = f"`{name}` was fitted to {n_data:g} data, and its parameters are "
            message += "taken as sure."
            hint = (
                "write `mc.fit(data).with_uncertainty()`: each trial then draws what they "
                "may be, and tails are as wide as the data leave them."
            )
            yield Finding("sure_parameters", name, message, hint)


def _fitted_to(distribution: Distribution) -> float:
    """Return to how many data it, or what it is made of, was fitted; else 0."""
    parts = (
        getattr(distribution, each.name)
        for each in dataclasses.fields(distribution)  # type: ignore[arg-type]
    )
    within = [_fitted_to(each) for each in parts if isinstance(each, Distribution)]
    return distribution.fitted_to or max(within, default=0.0)


def _is_sure(distribution: Distribution) -> bool:
    low, high = distribution.support
    return low == high
