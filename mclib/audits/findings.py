"""What an audit looks at, and what it finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mclib.dependence.copula import Coupling
from mclib.distributions.distribution import Distribution
from mclib.expressions.graph import Graph
from mclib.expressions.nodes import Node, topological

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Finding:
    """Something in a model that is often a mistake.

    Attributes
    ----------
    rule : str
        Which rule has found it.
    subject : str
        The input, parameter or output that it is about.
    message : str
        What is the matter.
    hint : str
        The way out.
    """

    rule: str
    subject: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}"


@dataclass(frozen=True)
class Subject:
    """A model, as an audit sees it.

    Attributes
    ----------
    name : str
        The model's name.
    inputs : mapping of str to Distribution
        What is random.
    constants : mapping of str to float
        The function's own parameters.
    couplings : sequence of Coupling
        Which inputs depend on each other.
    graph : Graph
        What was traced.
    source : str
        The function's text; empty if there is none.
    is_traced : bool
        Whether the graph has the function's outputs.
    provenances : sequence of Provenance
        Of runs that were given.
    digest : str
        The hash of what the model computes.
    """

    name: str
    inputs: Mapping[str, Distribution]
    constants: Mapping[str, float]
    couplings: Sequence[Coupling]
    graph: Graph
    source: str
    is_traced: bool
    provenances: Sequence[Any]
    digest: str

    @classmethod
    def of(cls, model: Any, source: str, results: Sequence[Any]) -> "Subject":
        """Return a model with its parameters as they are, and runs of it."""
        graph = model.graph(model.parameters)
        return cls(
            name=model.name,
            inputs=model.inputs,
            constants=model.constants,
            couplings=model.couplings,
            graph=graph,
            source=source,
            is_traced=model.is_traced,
            provenances=tuple(each.provenance for each in results),
            digest=model.digest_of(graph),
        )

    def used(self) -> set[Node]:
        """Return all nodes that outputs rest on."""
        return set(topological(self.graph.outputs.values()))

    def known(self) -> Iterator[tuple[str, Distribution]]:
        """Yield the inputs whose parameters are numbers."""
        for name, each in self.inputs.items():
            plain = (isinstance(x, (int, float)) for x in each.parameters.values())
            if all(plain):
                yield name, each


@final
@dataclass(frozen=True)
class Audit:
    """What an audit has found: a sequence of findings, false if there is none."""

    name: str
    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def to_frame(self) -> "pd.DataFrame":
        """Table of the findings: rule, subject, message, hint."""
        import pandas as pd

        columns = ["rule", "subject", "message", "hint"]
        rows = [[getattr(each, key) for key in columns] for each in self]
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        if not self.findings:
            return f"Nothing was found in `{self.name}`."
        return "\n".join(str(each) for each in self)

    def _repr_html_(self) -> str:
        if not self.findings:
            return f"<p>{self}</p>"
        return str(self.to_frame().to_html(index=False))
