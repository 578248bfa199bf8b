"""Notebooks that tests make reports of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODEL = """\
import mclib as mc

@mc.model
def launch(units=mc.Triangular(8_000, 10_000, 15_000), price=mc.Normal(20, 2), tax=0.25):
    revenue = units * price
    return {"revenue": revenue, "profit": (revenue - units * 12) * (1 - tax)}

result = mc.simulate(launch, n_trials=n_trials, seed=7, parameters={"tax": tax_rate})
result"""

PARAMETERS = """\
tax_rate = 0.25  # share of the profit [0 to 1]
n_trials = 20_000  # how many [from 1000]
market = "home"  # where it is sold [home | abroad]"""


def text(source: str) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: Mapping[str, Any], tags: tuple[str, ...] = ()) -> Any:
    """A cell of code, with what it showed when it was saved."""
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "outputs": [dict(each) for each in outputs],
        "execution_count": None,
    }


def shown(**data: Any) -> dict[str, Any]:
    """Data of an output by type, with `__` for a slash."""
    kinds = {name.replace("__", "/"): each for name, each in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


def book(*cells: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    """A notebook of these cells."""
    numbered = [{**cell, "id": f"cell-{at}"} for at, cell in enumerate(cells)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": numbered,
        "metadata": {"kernelspec": kernel, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def written(path: Path, notebook: Mapping[str, Any]) -> Path:
    """Write a notebook to a file."""
    path.write_text(json.dumps(notebook))
    return path
