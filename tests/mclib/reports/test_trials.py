"""The trials of a report: the table that pandas would make, made without it."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import mclib as mc
from mclib.reports.witness import _write_trials

ALONE = """
import sys
from pathlib import Path

import mclib as mc
from mclib.reports.witness import _write_trials


@mc.model
def total(a=mc.Uniform(0, 1)):
    return {"total": a}


_write_trials(Path(sys.argv[1]), mc.simulate(total, 1_000, seed=7, progress=False))
print("pandas" in sys.modules)
"""


@mc.model
def gap(a=mc.Normal(mean=0, standard_deviation=1), count=mc.Poisson(mean=3)):
    return {"gap": mc.where(a > 0, a, float("nan")), "count twice": 2 * count}


def test_the_table_is_that_of_the_results_frame(tmp_path: Path) -> None:
    result = mc.simulate(gap, 1_001, seed=7, progress=False)

    _write_trials(tmp_path / "gap.parquet", result)

    frame = result.to_frame(1_001).reset_index()
    expected = pa.Table.from_pandas(frame, preserve_index=False)
    found = pq.read_table(tmp_path / "gap.parquet")
    assert found.replace_schema_metadata().equals(expected.replace_schema_metadata())
    assert found.column("gap").null_count == frame["gap"].isna().sum() > 0


def test_pandas_is_not_loaded_for_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ALONE, tmp_path / "total.parquet"]
    asked = subprocess.run(command, capture_output=True, text=True, check=True)

    assert asked.stdout.strip() == "False"
    assert pq.read_metadata(tmp_path / "total.parquet").num_rows == 1_000
