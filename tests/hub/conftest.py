"""A state folder for every test, so that none touches a real one."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder, not made yet."""
    folder = tmp_path / "state"
    monkeypatch.setenv("MCHUB_STATE", str(folder))
    return folder
