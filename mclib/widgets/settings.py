"""How a dashboard runs: trials, seed and sampler, typed and checked."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mclib.errors import law
from mclib.widgets.controls import alert, widgets
from mclib.widgets.state import State
from mclib.widgets.texts import Words

_GROUPED = re.compile(r"\d{1,3}(?:([,._ \u00a0])\d{3})(?:\1\d{3})*|\d+")
"""Digits alone, or in groups of three."""

SAMPLERS = ("independent", "antithetic", "latin hypercube", "sobol")


class RunSettings:
    """Boxes for the number of trials and the seed, and a choice of samplers."""

    def __init__(self, state: State, changed: Callable[[], None], words: Words) -> None:
        w = widgets()
        self._words, self._is_quiet = words, False
        style = {"style": {"description_width": "125px"}, "layout": {"width": "290px"}}
        self.n_trials = w.Text(
            description=words("Trials"), continuous_update=False, **style
        )
        self.seed = w.Text(description=words("Seed"), continuous_update=False, **style)
        self.sampler = w.Dropdown(
            description=words("Sampler"), options=SAMPLERS, value="independent", **style
        )
        self.refusal = w.HTML()
        self.widget = w.VBox([self.n_trials, self.seed, self.sampler, self.refusal])
        self.set(state)
        for each in (self.n_trials, self.seed, self.sampler):
            each.observe(lambda _: None if self._is_quiet else changed(), "value")

    def set(self, state: State) -> None:
        """Show a state without telling anybody."""
        self._is_quiet = True
        try:
            self.n_trials.value = f"{state.n_trials:,}"
            self.seed.value = str(state.seed)
            known = tuple(dict.fromkeys((*SAMPLERS, state.sampler)))
            self.sampler.options = known
            self.sampler.value = state.sampler
            self.refuse("")
        finally:
            self._is_quiet = False

    def applied(self, state: State) -> State:
        """Return a state with what stands in the boxes; raise what is no whole number."""
        return replace(
            state,
            n_trials=self._whole("n_trials", self.n_trials.value),
            seed=self._whole("seed", self.seed.value),
            sampler=str(self.sampler.value),
        )

    def refuse(self, message: str) -> None:
        """Say below the boxes what is wrong, or that nothing is."""
        self.refusal.value = alert(message, self._words) if message else ""

    def _whole(self, name: str, text: Any) -> int:
        bare = str(text).strip()
        if _GROUPED.fullmatch(bare):
            return int(re.sub(r"\D", "", bare))
        try:
            value = self._words.number(bare)
        except ValueError:
            raise law(name, "be a whole number", text) from None
        if not value.is_integer():
            raise law(name, "be a whole number", text)
        return int(value)
