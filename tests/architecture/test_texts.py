"""The files speak of the project alone: no machine, no registry, no value of a secret."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, project_files, project_texts

# Spelled apart, so that this file doesn't find itself.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("anaconda", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
PERSONAL_PATHS = re.compile("/(?:home|Users|root)" + r"/[\w.-]+")
# Home folders inside containers are part of an image, not of somebody's machine.
CONTAINER_HOMES = ("/home/analyst", "/home/jovyan", "/home/..")


def _found(pattern: str | re.Pattern[str]) -> list[tuple[str, str]]:
    expression = re.compile(pattern)
    return [
        (str(path.relative_to(ROOT)), hit.group())
        for path, text in project_texts()
        for hit in expression.finditer(text)
        if not hit.group().startswith(CONTAINER_HOMES)
    ]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_file_names_a_package_registry(registry: str) -> None:
    assert [] == _found(re.escape(registry))


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert [] == _found(PERSONAL_PATHS)
    assert [] == _found(re.escape(str(ROOT)) + r"\b")


def test_no_file_holds_a_private_key() -> None:
    assert [] == _found("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----")


def test_no_notebook_is_stored_with_outputs() -> None:
    with_outputs = [
        path.name
        for path in project_files()
        if path.suffix == ".ipynb"
        and re.search(r'"outputs": \[\s*[^\]\s]', path.read_text())
    ]

    assert [] == with_outputs


def test_every_text_ends_with_one_line_end() -> None:
    ragged = [
        str(path.relative_to(ROOT))
        for path, text in project_texts()
        if text and (not text.endswith("\n") or text.endswith("\n\n"))
    ]

    assert [] == ragged


def test_the_top_level_holds_the_house_and_nothing_else() -> None:
    folders = {
        path.relative_to(ROOT).parts[0]
        for path in project_files()
        if len(path.relative_to(ROOT).parts) > 1
    }
    house = {"hub", "kernel-image", "mclib", "notebooks", "deploy", "tests", ".ci"}

    assert folders <= house


def test_the_changelog_has_a_place_for_what_is_not_released_yet() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert "Unreleased" == headings[0]


def test_the_changelog_knows_the_version_of_the_package() -> None:
    project = tomllib.loads(Path(ROOT / "pyproject.toml").read_text())["project"]
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [heading.split(" ")[0] for heading in headings[1:]]

    # Before its first release the version is the one being written.
    assert released == [] or released[0] == project["version"]
