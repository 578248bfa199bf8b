"""`deploy/release.sh`: a tag for what can be a release, a sentence for what can't."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT


class Checkout:
    """A repository of a test's own, in which a release is ready to be tagged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "deploy").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "release.sh", folder / "deploy")
        (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
        (folder / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 1.2.3\n")
        self.git("init", "--quiet", "--initial-branch=release/1.2")
        self.git("config", "user.name", "olivia")
        self.git("config", "user.email", "olivia@example.org")
        self.commit()

    def git(self, *words: str) -> str:
        command = ["git", *words]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=work")

    def release(self, *words: str) -> tuple[int, str]:
        ended = subprocess.run(
            [self.folder / "deploy" / "release.sh", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def test_a_release_that_is_ready_is_tagged_once(checkout: Checkout) -> None:
    assert checkout.release("1.2.3", "--dry-run")[0] == 0
    assert checkout.git("tag") == ""

    status, said = checkout.release("1.2.3")

    assert (status, checkout.git("tag")) == (0, "v1.2.3\n")
    assert "git push origin v1.2.3" in said
    status, said = checkout.release("1.2.3")
    assert status == 1
    assert "v1.2.3 is tagged already; a release never changes" in said


@pytest.mark.parametrize("words", [(), ("v1.2.3",), ("1.2",), ("1.2.3", "--force")])
def test_another_command_line_is_told_the_right_one(
    checkout: Checkout, words: tuple[str, ...]
) -> None:
    status, said = checkout.release(*words)

    assert status == 2
    assert said.startswith("release: release.sh VERSION")


def test_what_is_not_committed_is_not_released(checkout: Checkout) -> None:
    (checkout.folder / "notes").touch()

    assert "commit or stash" in checkout.release("1.2.3")[1]


def test_main_is_not_tagged(checkout: Checkout) -> None:
    checkout.git("switch", "--quiet", "--create", "main")

    assert "this is main" in checkout.release("1.2.3")[1]


def test_a_hotfix_is_tagged_on_its_branch(checkout: Checkout) -> None:
    checkout.git("switch", "--quiet", "--create", "hotfix/1.2.3")

    assert checkout.release("1.2.3")[0] == 0


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("pyproject.toml", 'version = "1.2.4"\n', "pyproject.toml says 1.2.4"),
        ("CHANGELOG.md", "## Unreleased\n", "CHANGELOG.md has no section `## 1.2.3`"),
    ],
)
def test_version_and_changelog_must_say_it(
    checkout: Checkout, file: str, text: str, sentence: str
) -> None:
    (checkout.folder / file).write_text(text)
    checkout.commit()

    status, said = checkout.release("1.2.3")

    assert status == 1
    assert sentence in said
