"""Where a report's numbers come from: provenance, inputs, parameters, the model's text."""

import hashlib
import json
import re

from mclib.model import Model
from mclib.reports.markup import escaped, folded, table
from mclib.results.display import duration
from mclib.results.formatting import plain
from mclib.results.result import Result
from mclib.sources import source_of


def origins(result: Result) -> str:
    """Everything that is needed to get the same numbers again, for people and programs."""
    found = result.provenance
    lines = [
        ("Computed", f"{found.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", duration(found.elapsed)),
        ("Trials", f"{found.n_trials:,}" + (" (interrupted)" if found.interrupted else "")),
        ("Seed", str(found.seed)),
        ("Sampler", found.sampler),
        ("Engine", f"{found.engine} on {found.device}"),
        ("Precision", found.precision),
        ("Draw contract", str(found.draw_contract)),
        ("Model", found.model_name),
        ("Model's hash", found.model_hash),
        ("Source's hash", found.source_hash or "unknown"),
        *((f"Version of {name}", each) for name, each in found.versions.items()),
    ]
    if result.stopping is not None:
        lines.append(("Stopping", result.stopping.sentence()))
    shown = table(
        "What is needed to get the same numbers again",
        ("", "value"),
        [(escaped(name), escaped(value)) for name, value in lines],
        "facts",
    )
    model = getattr(result._trials, "model", None)
    return shown + _assumptions(result, model) + _texts(result, model)


def _assumptions(result: Result, model: Model | None) -> str:
    """Inputs with the numbers of this run, and the parameters that belong to none."""
    numbers = dict(result.parameters)
    lines = []
    for name in result._trials.input_names:
        # Numbers may have been changed for this run; what has none says itself what it is.
        own = {key: numbers.pop(key) for key in list(numbers) if key.startswith(f"{name}.")}
        said = ", ".join(
            f"{key.removeprefix(f'{name}.')} = {plain(each)}" for key, each in own.items()
        )
        given = model.inputs.get(name) if model is not None else None
        family = type(given).__name__ if given is not None else "input"
        lines.append((name, family, said or (repr(given) if given is not None else "")))
    lines += [(name, "parameter", plain(each)) for name, each in numbers.items()]
    if not lines:
        return ""
    return table(
        "Inputs and parameters",
        ("", "kind", "numbers"),
        [tuple(map(escaped, line)) for line in lines],
        "facts",
    )


def _texts(result: Result, model: Model | None) -> str:
    found = result.provenance
    told = json.dumps(found.as_dict(), indent=1, ensure_ascii=False)
    texts = folded("The same as JSON", _code(told))
    source = source_of(model.function) if model is not None else ""
    # A text that was changed since the run isn't what was computed, and bytes are no text.
    is_same = hashlib.sha256(source.encode()).hexdigest() == found.source_hash
    if not is_same or not re.search(r"\b(def|lambda|class)\b", source):
        return f"<p>The model's source isn't at hand; its hash stands above.</p>{texts}"
    return folded("The model's source", _code(source)) + texts


def _code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escaped(text)}</code></pre>'
