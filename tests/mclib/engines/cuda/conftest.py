"""Compiled code of these tests goes to a folder of the run's own."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLIB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
