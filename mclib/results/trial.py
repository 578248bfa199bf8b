"""One trial, replayed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mclib.errors import law
from mclib.results.formatting import plain


@dataclass(frozen=True)
class Trial:
    """What went into one trial and what came out of it.

    ``trial["price"]`` is the value of an input or an output; ``dict(trial)`` has them all.

    Attributes
    ----------
    index : int
        Which trial of the run, from 0.
    inputs, outputs : mapping of str to float
        Values by name.
    """

    index: int
    inputs: Mapping[str, float]
    outputs: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        for values in (self.outputs, self.inputs):
            if name in values:
                return values[name]
        names = ", ".join(self)
        raise law("name", f"be an input or an output of the model ({names})", name)

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self.inputs, *self.outputs))

    def keys(self) -> list[str]:
        """Names of the inputs, then of the outputs."""
        return list(self)

    def __len__(self) -> int:
        return len(set(self.inputs) | set(self.outputs))

    def __contains__(self, name: object) -> bool:
        return name in self.inputs or name in self.outputs

    def __repr__(self) -> str:
        def listed(values: Mapping[str, float]) -> str:
            return ", ".join(f"{name}={plain(value)}" for name, value in values.items())

        return f"Trial({self.index:,}: {listed(self.inputs)} -> {listed(self.outputs)})"

    def _repr_html_(self) -> str:
        from mclib.results.display import trial_html

        return trial_html(self.index, self.inputs, self.outputs)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)
