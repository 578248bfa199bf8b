"""An engine is chosen by name, or by what is there and worth its launch."""

from typing import Any

import pytest

from mclib.engines.choosing import (
    NAMES,
    choose_block_records,
    choose_engine,
    choose_merge,
)
from mclib.engines.llvm.merging import merge_pairs_compiled
from mclib.engines.llvm.recording import block_records_compiled
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError
from mclib.statistics.records import block_records, merge_pairs


@pytest.mark.parametrize("name", ["llvm", "reference"])
def test_an_engine_asked_for_by_name_is_that_engine(name: str) -> None:
    assert choose_engine(name, 10).name == name


def test_an_engine_is_made_once() -> None:
    assert choose_engine("llvm", 10) is choose_engine("llvm", 10**9)


def test_an_engine_made_by_hand_is_taken_as_it_is() -> None:
    mine = ReferenceEngine()

    assert choose_engine(mine, 10) is mine


def test_a_short_run_goes_to_the_processor() -> None:
    assert choose_engine("auto", 1000).name == "llvm"


def test_a_long_run_goes_to_whatever_is_there() -> None:
    assert choose_engine("auto", 10**9).name in {"llvm", "cuda"}


@pytest.mark.parametrize("asked", ["gpu", "LLVM", "", None, 3, ["llvm"]])
def test_an_engine_that_does_not_exist_is_refused(asked: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        choose_engine(asked, 10)

    known = ", ".join(map(repr, NAMES))
    assert str(caught.value) == f"`engine` must be one of {known}; got {asked!r}."


@pytest.mark.parametrize("name", ["llvm", "reference"])
def test_an_engine_says_what_it_runs_on(name: str) -> None:
    assert len(choose_engine(name, 10).device) > 5


def test_records_are_made_and_merged_by_compiled_code_but_the_judges() -> None:
    llvm, judge = choose_engine("llvm", 10), ReferenceEngine()

    assert choose_merge(llvm) is merge_pairs_compiled
    assert choose_merge(judge) is merge_pairs
    assert choose_block_records(llvm) is block_records_compiled
    assert choose_block_records(judge) is block_records
