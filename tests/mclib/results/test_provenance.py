import json
import math
from dataclasses import replace
from datetime import timedelta

import pytest

from mclib.results.provenance import Provenance
from tests.mclib.array_run import PROVENANCE

CASES = (
    PROVENANCE,
    replace(PROVENANCE, interrupted=True, source_hash="ab12", seed=2**63 + 1),
    replace(PROVENANCE, parameters={"rate": 0.1 + 0.2, "cap": math.inf, "n": 3}),
    replace(PROVENANCE, elapsed=timedelta(days=3, seconds=7, microseconds=1)),
)


@pytest.mark.parametrize("provenance", CASES, ids=range(len(CASES)))
def test_json_and_back_is_the_identity(provenance: Provenance) -> None:
    text = json.dumps(provenance.as_dict(), allow_nan=False)

    assert provenance == Provenance.from_dict(json.loads(text))


def test_every_field_is_in_the_dictionary() -> None:
    assert set(PROVENANCE.__dataclass_fields__) == set(PROVENANCE.as_dict())
