"""Every chart as a file, drawn by this machine's Chromium without a network."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import mclib as mc
from mclib.plots.exporting import save
from mclib.plots.figure import drawings
from mclib.results.result import Result
from tests.integration.test_pictures_browser import CHARTS, launch

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def result() -> Result:
    return mc.simulate(launch, 100_000, seed=7)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_saved_as_svg_with_all_of_its_words(
    name: str, result: Result, tmp_path: Path
) -> None:
    with drawings():
        figure = CHARTS[name](result)

    save(figure, tmp_path / "chart.svg")

    drawing = ET.parse(tmp_path / "chart.svg").getroot()
    texts = {"".join(each.itertext()).strip() for each in drawing.iter()}
    meta, title = figure.layout.meta, figure.layout.title
    numbers = {number.strip() for _, number in meta["table"]}
    assert {title.text, title.subtitle.text, meta["description"]} <= texts
    assert not [each for each in numbers if not any(each in text for text in texts)]
    # Nothing in it is fetched from anywhere.
    links = [
        value
        for each in drawing.iter()
        for key, value in each.attrib.items()
        if key.endswith("href") and not value.startswith(("#", "data:"))
    ]
    assert [] == links
    assert "900" == drawing.attrib["width"]


@pytest.mark.parametrize("name", ["histogram", "scatter"])
def test_a_picture_has_twice_the_pixels_and_something_on_them(
    name: str, result: Result, tmp_path: Path
) -> None:
    with drawings():
        figure = CHARTS[name](result)

    save(figure, tmp_path / "chart.png", width=700)

    content = (tmp_path / "chart.png").read_bytes()
    size = [int.from_bytes(content[at : at + 4]) for at in (16, 20)]
    assert [1400, 2 * int(figure.layout.height)] == size
    # Points are drawn by WebGL, which a browser without a screen has to have as well.
    assert len(content) > {"histogram": 40_000, "scatter": 250_000}[name]
