"""The library's own page keeps its word."""

import contextlib
import io

from tests.architecture.checkout import ROOT, code_blocks

PAGE = (ROOT / "mclib" / "README.md").read_text()


def test_the_examples_of_the_library_run_and_show_the_model_as_the_page_says() -> None:
    example, show, *others = code_blocks(PAGE, "python")
    _, shown = code_blocks(PAGE, "text")
    names: dict[str, object] = {"__name__": "page"}
    said = io.StringIO()

    exec(compile(example, "mclib/README.md", "exec"), names)
    with contextlib.redirect_stdout(said):
        exec(compile(show, "mclib/README.md", "exec"), names)

    for other in others:
        exec(compile(other, "mclib/README.md", "exec"), names)

    assert shown == said.getvalue()


def test_the_page_names_every_floor() -> None:
    folders = {path.stem for path in (ROOT / "mclib").iterdir() if path.suffix == ".py"}
    folders |= {path.parent.name for path in (ROOT / "mclib").glob("*/__init__.py")}

    floors = PAGE.split("## The floors")[1].split("\n## ")[0]
    assert set() == {name for name in folders - {"__init__"} if f"`{name}`" not in floors}
