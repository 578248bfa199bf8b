"""Golden pictures: what a browser shows, held to what somebody has looked at.

Pictures are compared by cells of 8 x 8 pixels, each by its mean color: what is left of a
letter there depends little on its font, and of a bar, a line or a background all is left.
A cell differs where a color is off by more than 48 of 255. How many may differ,
`MOST_DIFFERING`, lies between what a font with serifs makes of a chart, 0.2 to 0.9 %, and
what the smallest defect does that was tried, 1.2 % for tails in the color of the middle;
`test_pictures_browser.py` measures both.

`MC_GOLDEN=write` writes the pictures anew instead; look at them before they are kept.
"""

import base64
import os
from typing import TYPE_CHECKING, Any

from tests.architecture.checkout import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = ROOT / "tests" / "golden" / "pictures"
MOST_DIFFERING = 0.01
"""Share of a tile's cells."""

_COMPARE = """async ([wanted, seen, rows, columns]) => {
    const cells = async (data) => {
        const image = new Image();
        image.src = "data:image/png;base64," + data;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
    };
    const [a, b] = [await cells(wanted), await cells(seen)];
    const wide = Math.min(a.width, b.width), high = Math.min(a.height, b.height);
    const mean = (image, x, y, channel) => {
        let sum = 0;
        for (let j = y; j < y + 8; j++)
            for (let i = x; i < x + 8; i++)
                sum += image.data[4 * (j * image.width + i) + channel];
        return sum / 64;
    };
    const differing = Array(rows * columns).fill(0), all = Array(rows * columns).fill(0);
    for (let y = 0; y + 8 <= high; y += 8)
        for (let x = 0; x + 8 <= wide; x += 8) {
            const row = Math.floor((y * rows) / high);
            const tile = row * columns + Math.floor((x * columns) / wide);
            all[tile] += 1;
            const off = [0, 1, 2].map((c) => Math.abs(mean(a, x, y, c) - mean(b, x, y, c)));
            if (Math.max(...off) > 48) differing[tile] += 1;
        }
    return {
        sizes: [a.width, a.height, b.width, b.height],
        shares: differing.map((n, tile) => n / all[tile]),
    };
}"""


def differing(page: "Page", wanted: bytes, seen: bytes, grid: tuple[int, int]) -> Any:
    """Share of cells that differ, by tile of a grid of (rows, columns), and all sizes."""
    texts = [base64.b64encode(each).decode() for each in (wanted, seen)]
    return page.evaluate(_COMPARE, [*texts, *grid])


def hold(page: "Page", name: str, seen: bytes, grid: tuple[int, int] = (1, 1)) -> None:
    """Hold a picture to the golden one of this name; another page may draw both.

    Parameters
    ----------
    page : Page
        Compares them.
    name : str
        Of the golden picture, without its ending.
    seen : bytes
        As PNG.
    grid : (int, int), default (1, 1)
        Rows and columns of tiles, each of which is judged by itself.
    """
    path = FOLDER / f"{name}.png"
    if os.environ.get("MC_GOLDEN") == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seen)
        return
    told = differing(page, path.read_bytes(), seen, grid)
    width, height, seen_width, seen_height = told["sizes"]
    assert width == seen_width
    # Lines of text are a little higher in some fonts.
    assert abs(height - seen_height) <= 0.04 * height
    far = {at: each for at, each in enumerate(told["shares"]) if each > MOST_DIFFERING}
    assert {} == far, f"{name}: tiles that don't look like {path}"
