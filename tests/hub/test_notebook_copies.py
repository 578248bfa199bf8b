"""Copies of notebooks: every history of a file, and what the user then finds."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.notebook_copies import copy_notebooks

NAME = "00-five-minutes.ipynb"
BESIDE = "00-five-minutes.new.ipynb"


class Desk:
    """A project's folder of notebooks, and a user's."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = folder / "project", folder / "user"
        self.record = folder / "record.json"
        self.source.mkdir()

    def deliver(self, content: str, name: str = NAME) -> None:
        file = self.source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        self.copy()

    def copy(self) -> None:
        copy_notebooks(self.source, self.target, self.record)

    def edit(self, content: str, name: str = NAME) -> None:
        (self.target / name).write_text(content)

    def delete(self, name: str = NAME) -> None:
        (self.target / name).unlink()

    def found(self) -> dict[str, str]:
        files = (path for path in self.target.rglob("*") if path.is_file())
        return {str(path.relative_to(self.target)): path.read_text() for path in files}


HISTORIES = {
    "a new file is copied": ("v1", {NAME: "1"}),
    "an untouched copy follows the project": ("v1 v2", {NAME: "2"}),
    "an edited copy stays while the project rests": ("v1 edit v1", {NAME: "mine"}),
    "an edited copy stays and the new version lies beside": (
        "v1 edit v2",
        {NAME: "mine", BESIDE: "2"},
    ),
    "the version beside is not copied again when it was deleted": (
        "v1 edit v2 delete-beside v2",
        {NAME: "mine"},
    ),
    "the version beside follows the project": (
        "v1 edit v2 v3",
        {NAME: "mine", BESIDE: "3"},
    ),
    "an edited version beside stays": (
        "v1 edit v2 edit-beside v3",
        {NAME: "mine", BESIDE: "mine too"},
    ),
    "a deleted copy stays deleted": ("v1 delete v1", {}),
    "a deleted copy stays deleted in a new version": ("v1 delete v2", {}),
    "an edit that is the new version counts as untouched": (
        "v1 take-v2 v2 v3",
        {NAME: "3"},
    ),
}


@pytest.mark.parametrize(("history", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_the_history_of_a_copy(
    history: str, expected: dict[str, str], tmp_path: Path
) -> None:
    desk = Desk(tmp_path)

    for event in history.split():
        happen(desk, event)

    assert expected == desk.found()


def happen(desk: Desk, event: str) -> None:
    match event.split("-"):
        case ["edit"]:
            desk.edit("mine")
        case ["edit", "beside"]:
            desk.edit("mine too", BESIDE)
        case ["delete"]:
            desk.delete()
        case ["delete", "beside"]:
            desk.delete(BESIDE)
        case ["take", version]:
            desk.edit(version.removeprefix("v"))
        case [version]:
            desk.deliver(version.removeprefix("v"))


# Files are written, and a busy machine may take its time over that.
@settings(deadline=None)
@given(st.lists(st.sampled_from(["v1", "v2", "v3", "edit", "delete"]), max_size=8))
def test_no_history_costs_the_user_a_change(
    tmp_path_factory: pytest.TempPathFactory, history: list[str]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    edited = False
    for event in history:
        if event in ("edit", "delete") and NAME not in desk.found():
            continue
        happen(desk, event)
        edited = event == "edit" or (edited and event != "delete")

    assert not edited or desk.found()[NAME] == "mine"


def notebook(source: str, output: str = "", **notes: str) -> str:
    outputs = (
        [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    )
    cell = {"cell_type": "code", "source": source.splitlines(True), "outputs": outputs}
    return json.dumps({"cells": [cell | {"metadata": notes}], "metadata": notes})


def test_a_notebook_that_was_opened_and_saved_follows_the_project(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.deliver(notebook("1 + 1\n2"))
    desk.edit(notebook("1 + 1\n2", language="python"))

    desk.deliver(notebook("3"))

    assert desk.found() == {NAME: notebook("3")}


@pytest.mark.parametrize("changed", [notebook("4"), notebook("1 + 1", output="2")])
def test_a_notebook_that_was_changed_or_run_stays(tmp_path: Path, changed: str) -> None:
    desk = Desk(tmp_path)
    desk.deliver(notebook("1 + 1"))
    desk.edit(changed)

    desk.deliver(notebook("3"))

    assert desk.found() == {NAME: changed, BESIDE: notebook("3")}


def test_a_file_of_the_users_own_is_never_replaced(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.target.mkdir()
    desk.edit("mine")

    desk.deliver("1")

    assert desk.found() == {NAME: "mine", BESIDE: "1"}


def test_folders_are_copied_and_by_products_are_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.deliver("a", "data/prices.csv")
    desk.deliver("b", ".ipynb_checkpoints/x.ipynb")
    desk.deliver("c", "data/__pycache__/x.pyc")

    assert desk.found() == {"data/prices.csv": "a"}


def test_a_project_without_notebooks_copies_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.source.rmdir()

    desk.copy()

    assert desk.found() == {}


def test_an_unreadable_record_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path)
    desk.deliver("1")
    desk.edit("mine")
    desk.record.write_text("{")

    desk.deliver("2")

    assert desk.found() == {NAME: "mine", BESIDE: "2"}
    assert "every file counts as the user's" in caplog.text


def test_a_folder_in_the_way_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path)
    (desk.target / NAME).mkdir(parents=True)

    desk.deliver("1")
    desk.deliver("2", "01-next.ipynb")

    assert desk.found() == {"01-next.ipynb": "2"}
    assert f"could not copy {NAME}" in caplog.text


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    outside = tmp_path / "outside"
    outside.write_text("not yours")
    desk.target.mkdir()
    desk.deliver("1")
    desk.delete()
    (desk.target / NAME).symlink_to(outside)

    desk.deliver("2")

    assert outside.read_text() == "not yours"


def test_servers_of_one_user_that_start_at_once_all_find_the_notebooks(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    for number in range(20):
        (desk.source / f"{number:02d}.ipynb").write_text(str(number))

    with ThreadPoolExecutor(8) as pool:
        started = [pool.submit(desk.copy) for _ in range(16)]

    # One that fails says so here.
    assert [one.result() for one in started] == [None] * 16
    assert desk.found() == {f"{number:02d}.ipynb": str(number) for number in range(20)}
