"""Cards of the host: found by the deployer, known to every part, shown to some."""

import json
from pathlib import Path

import pytest
import yaml

from deploy.deployer.cards import CARDS, SHOWN, cards_file, keep_cards
from deploy.deployer.docker_policy import docker_policy
from hub import SettingsError, load
from hub.choices import Device

CARD = Device(name="GPU-8f2b", memory="81920M")
SERVICES = ("postgres", "hub-green", "exporter", "hub-blue", "proxy")


def test_what_the_driver_says_is_known_to_every_part(tmp_path: Path) -> None:
    keep_cards(tmp_path, [CARD], SERVICES)

    settings = load("production", {"MCHUB_CARDS": str(tmp_path / CARDS)})

    assert settings.gpus.devices == (CARD,)
    assert docker_policy(settings)["gpus"] == [{"id": "GPU-8f2b", "memory_mib": 81920}]


def test_cards_that_settings_name_are_all_there_are(tmp_path: Path) -> None:
    keep_cards(tmp_path, [CARD], SERVICES)

    settings = load("rehearsal", {"MCHUB_CARDS": str(tmp_path / CARDS)})

    assert settings.gpus.devices == load("rehearsal", {}).gpus.devices


def test_parts_that_look_at_cards_are_shown_them_and_no_others(tmp_path: Path) -> None:
    keep_cards(tmp_path, [CARD], SERVICES)

    found = yaml.safe_load((tmp_path / SHOWN).read_text())["services"]
    assert list(found) == ["exporter", "hub-blue", "hub-green"]
    (asked,) = found["exporter"]["deploy"]["resources"]["reservations"]["devices"]
    assert asked == {"driver": "nvidia", "count": "all", "capabilities": ["gpu", "utility"]}


def test_a_card_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    keep_cards(tmp_path, [CARD], SERVICES)

    keep_cards(tmp_path, [], SERVICES)

    assert not (tmp_path / SHOWN).exists()
    assert json.loads((tmp_path / CARDS).read_text()) == []


def test_before_the_driver_was_asked_there_is_none(tmp_path: Path) -> None:
    assert json.loads(cards_file(tmp_path).read_text()) == []


@pytest.mark.parametrize("text", ["", "{", '[{"uuid": "GPU-1"}]'])
def test_a_file_that_the_deployer_did_not_write_is_refused(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / CARDS
    file.write_text(text)

    with pytest.raises(SettingsError, match="MCHUB_CARDS: must name a file with a list"):
        load("production", {"MCHUB_CARDS": str(file)})
