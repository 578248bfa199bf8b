"""Hold our values against the schema of the chart Zero to JupyterHub.

`python -m tests.tools.chart_schema FOLDER`: FOLDER is the chart's own, with its
`values.yaml` and `values.schema.yaml`. The chart is no part of this project.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

from tests.architecture.checkout import ROOT

VALUES = ROOT / "deploy" / "kubernetes" / "zero-to-jupyterhub" / "values.yaml"


def laid_over(below: Any, above: Any) -> Any:
    """Values as Helm merges them: tables by their keys, all else replaced."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: laid_over(below.get(key), above[key]) for key in above}}


def main(folder: Path) -> int:
    schema, defaults, ours = (
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in (folder / "values.schema.yaml", folder / "values.yaml", VALUES)
    )
    wrong = list(Draft7Validator(schema).iter_errors(laid_over(defaults, ours)))
    for error in wrong:
        print(f"{error.json_path}: {error.message}")  # noqa: T201
    print(f"{len(wrong)} faults by the schema of {folder}")  # noqa: T201
    return min(len(wrong), 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
