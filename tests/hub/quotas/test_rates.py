"""Which profile a server is charged as, whatever its user chose."""

from typing import Any

import pytest

from hub import load
from hub.quotas import profile_of

REHEARSAL = load("rehearsal", {})
FIRST = REHEARSAL.profiles[0].name


@pytest.mark.parametrize("profile", REHEARSAL.profiles)
def test_a_server_is_charged_as_the_profile_it_has(profile: Any) -> None:
    assert profile is profile_of(REHEARSAL, {"profile": profile.name})


@pytest.mark.parametrize(
    "options", [None, {}, {"profile": "gone"}, {"profile": ["cpu-large"]}, [], "text", 3]
)
def test_a_choice_that_names_no_profile_is_charged_as_the_first(options: Any) -> None:
    assert FIRST == profile_of(REHEARSAL, options).name


def test_a_local_process_has_no_end_and_no_gpu() -> None:
    local = profile_of(load("development", {}), {"profile": "gpu-large"})

    assert (local.gpu, local.name) == (0, "local")
