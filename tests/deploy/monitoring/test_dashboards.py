"""Dashboards: what Grafana reads is what the functions say, and nothing overlaps."""

import json
import re

import pytest

from deploy.monitoring.dashboards import BOARDS, FOLDER, text_of
from deploy.monitoring.panels import Board, in_grafana
from tests.architecture.checkout import ROOT

RULES = ROOT / "deploy" / "monitoring" / "rules"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_file_is_what_the_functions_say(board: Board) -> None:
    # `python -m deploy.monitoring.dashboards` writes them anew.
    assert text_of(board) == (FOLDER / f"{board.name}.json").read_text(encoding="utf-8")


def test_there_is_a_file_for_every_board_and_no_other() -> None:
    names = {file.stem for file in FOLDER.iterdir()}

    assert names == {"operations", "gpus", "capacity", "business", "security"}
    assert names == {board.name for board in BOARDS}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_no_panel_covers_another(board: Board) -> None:
    taken = set()
    for panel in in_grafana(board)["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_recorded_series_that_a_panel_asks_for_is_recorded() -> None:
    asked = set(re.findall(r"mchub:[a-z0-9_:]+", json.dumps([text_of(b) for b in BOARDS])))
    recorded = set(
        re.findall(r"record: (\S+)", (RULES / "recording.yml").read_text(encoding="utf-8"))
    )

    assert asked - recorded == set()
