from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError, MclibError


def test_html_holds_all_that_it_needs(tmp_path: Path) -> None:
    plots.distribution(mc.Normal(0, 1)).save(tmp_path / "normal.html")

    page = (tmp_path / "normal.html").read_text()
    assert len(page) > 1_000_000
    assert 'src="http' not in page
    assert '"showSendToCloud": false' in page


def test_a_figure_is_saved_in_a_folder_that_exists_under_a_known_ending(
    tmp_path: Path,
) -> None:
    figure = plots.distribution(mc.Normal(0, 1))

    with pytest.raises(ArgumentError, match=r"`path` must end in \.svg, \.png or \.html"):
        figure.save(tmp_path / "normal.pdf")
    with pytest.raises(ArgumentError, match="lie in a folder that exists"):
        figure.save(tmp_path / "missing" / "normal.svg")


def test_without_a_browser_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MclibError, match=r"Chromium; none is on PATH.*\nhint: press the"):
        plots.distribution(mc.Normal(0, 1)).save(tmp_path / "normal.svg")


@pytest.mark.browser
def test_pictures_are_drawn_without_a_network(tmp_path: Path) -> None:
    figure = plots.distribution(mc.Normal(0, 1), name="price", unit="EUR")

    figure.save(tmp_path / "price.svg")
    figure.save(tmp_path / "price.png")

    drawing = ET.parse(tmp_path / "price.svg").getroot()
    texts = {"".join(each.itertext()) for each in drawing.iter() if each.text}
    assert "price (EUR)" in texts
    assert b"\x89PNG\r\n" == (tmp_path / "price.png").read_bytes()[:6]
