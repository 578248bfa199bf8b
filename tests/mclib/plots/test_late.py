import subprocess
import sys

PROGRAM = """\
import sys
from mclib.plots.figure import make_figure
figure = make_figure([{"type": "bar", "y": [1.0]}], {})
print("nbformat" in sys.modules, "jsonschema" in sys.modules)
import plotly.io._renderers as renderers
print(renderers.nbformat.__version__ == sys.modules["nbformat"].__version__)
import nbformat.v4
print(nbformat.v4.new_notebook().nbformat, nbformat is sys.modules["nbformat"])
"""


def test_a_figure_loads_no_nbformat_until_plotly_asks_for_it() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    assert ["False False", "True", "4 True"] == told.stdout.splitlines()


def test_what_is_imported_meanwhile_may_want_the_module_at_once() -> None:
    program = (
        "import sys\nfrom mclib.plots.late import late\n"
        "with late('colorsys'):\n"
        "    import colorsys\n    print('colorsys' in sys.modules)\n"
        "    from colorsys import rgb_to_hsv\n    print(rgb_to_hsv(0, 0, 1))\n"
        "import colorsys\nprint(colorsys.rgb_to_hsv is rgb_to_hsv)\n"
        "with late('colorsys'), late('no_such_module'):\n"
        "    print(sys.modules['colorsys'] is colorsys, 'no_such_module' in sys.modules)\n"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    expected = ["True", str((2 / 3, 1.0, 1)), "True", "True False"]
    assert expected == told.stdout.splitlines()
