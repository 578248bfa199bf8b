"""An analyst's image: the library works, Lab is whole, notebooks are copied with care."""

import re

import pytest

from tests.architecture.checkout import ROOT
from tests.images.containers import docker, every, name_of, output, running

pytestmark = pytest.mark.docker

SIMULATION = """
import mclib as mc

@mc.model
def launch(units=mc.Normal(mean=10_000, standard_deviation=500), price=7.0):
    return {"revenue": units * price}

result = mc.simulate(launch, n_trials=100_000, seed=7, progress=False)
mean = result["revenue"].mean
print(result.engine, result.n_trials, abs(mean.value - 70_000) < 5 * mean.standard_error)
"""
PRINTING = """
from pathlib import Path
from mclib.reports.printing import print_page

page, paper = Path("/tmp/page.html"), Path("/tmp/page.pdf")
page.write_text("<!doctype html><html><head></head><body><h1>Risk</h1></body></html>")
print_page(page, paper)
print(paper.read_bytes()[:5].decode())
"""
EXTENSIONS = {
    *("@jupyter-server/resource-usage", "@jupyter-widgets/jupyterlab-manager"),
    *("@jupyterhub/jupyter-server-proxy", "@jupyterlab/git", "anywidget"),
    *("@voila-dashboards/jupyterlab-preview", "jupyter_app_launcher"),
    *("jupyterlab-execute-time", "jupyterlab-plotly", "jupyterlab_pygments"),
    *("nbdime-jupyterlab", "mchub-notices", "mchub-reports"),
}
SHOWN = re.compile(r"^\s+(\S+) v\S+ (\S+) (\S+)", re.MULTILINE)


@every("cpu")
def test_the_library_simulates_a_hundred_thousand_trials(kind: str) -> None:
    said = output(kind, "python", "-", given=SIMULATION)

    assert "llvm 100000 True\n" == said


@every("cpu")
def test_a_page_is_printed(kind: str) -> None:
    said = output(kind, "python", "-", given=PRINTING)

    assert said == "%PDF-\n"


@every("cpu")
def test_every_extension_of_lab_is_enabled_and_whole(kind: str) -> None:
    listed = output(kind, "env", "NO_COLOR=1", "jupyter", "labextension", "list")
    colorless = re.sub(r"\x1b\[\d*m", "", listed)

    found = {name: (state, health) for name, state, health in SHOWN.findall(colorless)}

    gpu_only = {"jupyterlab-nvdashboard"} if kind == "gpu" else set()
    assert dict.fromkeys(EXTENSIONS | gpu_only, ("enabled", "OK")) == found


@every("cpu")
def test_every_extension_of_the_server_loads(kind: str) -> None:
    listed = output(kind, "jupyter", "server", "extension", "list")
    colorless = re.sub(r"\x1b\[\d*m", "", listed)

    names = re.findall(r"Validating (\S+)\.\.\.\n\s+\S+ .*OK", colorless)

    wanted = {"hub.in_server", "jupyterlab", "jupyterlab_git", "nbgitpuller"}
    assert wanted | {"voila.server_extension"} <= set(names)
    assert colorless.count("Validating") == len(names)


@every("cpu")
def test_notebooks_are_copied_and_an_edit_outlives_the_next_start(kind: str) -> None:
    first = "notebooks/00-five-minutes.ipynb"
    with running(kind, "--network=none", command=("sleep", "120")) as name:
        bring = ("exec", name, "start-server", "--version")
        docker(*bring)
        copied = docker("exec", name, "cat", first)

        docker("exec", name, "sh", "-c", f"echo '{{}}' > {first}")
        docker(*bring)
        edited = docker("exec", name, "cat", first)

    assert (ROOT / first).read_text() == copied
    assert "{}\n" == edited


@every("cpu")
def test_a_home_on_a_full_disk_still_gets_a_server(kind: str) -> None:
    full = "--tmpfs=/home/analyst:size=4k,uid=1000"
    words = ["--rm", "--label=mchub.test=images", "--network=none", full]

    said = docker("run", *words, name_of(kind), "start-server", "--version")

    assert "could not copy" in said
    assert re.search(r"^6\.\d+\.\d+", said, re.MULTILINE)


@every("cpu")
def test_what_the_analyst_installs_is_for_kernels_and_not_for_the_server(
    kind: str,
) -> None:
    # Python runs this module at its start, from where `pip install` puts an analyst's own.
    folder = "$(python -c 'import site; print(site.getusersitepackages())')"
    install = f'mkdir -p "{folder}" && echo \'print(6)\' > "{folder}/usercustomize.py"'

    said = output(kind, "bash", "-c", f"{install}; start-server --version; python -c ''")

    assert re.fullmatch(r"6\.\d+\.\d+\n6\n", said)
