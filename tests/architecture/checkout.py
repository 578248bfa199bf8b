"""This checkout, as the architecture tests see it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


# What `.gitignore` keeps out; read here too, so that the tests need no git.
MADE_BY_TOOLS = re.compile(
    r"\.venv.*|\.mchub|\.git|\..*cache.*|\.hypothesis|\.ipynb_checkpoints|\.coverage|dist"
    r"|__pycache__|node_modules|.*\.egg-info|.*\.env|.*\.secret"
)


def project_files(folder: Path = ROOT) -> list[Path]:
    """Every file of the project, in order; nothing that a tool made."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if MADE_BY_TOOLS.fullmatch(path.name):
            continue
        found += project_files(path) if path.is_dir() else [path]
    return found


def project_texts() -> list[tuple[Path, str]]:
    """Every file of the project that is text, with its text."""
    texts = []
    for path in project_files():
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((path, content.decode()))
    return texts


def python_modules(*areas: str) -> list[Path]:
    """Every Python file under the top-level folders named."""
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in areas
    ]


def code_blocks(markdown: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", markdown, re.DOTALL | re.MULTILINE)


def makefile_verbs() -> dict[str, str]:
    """The verbs that `make help` shows, each with its line."""
    text = (ROOT / "Makefile").read_text()
    return dict(re.findall(r"^([a-z-]+):.*## (.*)$", text, re.MULTILINE))
