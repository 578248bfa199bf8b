"""What an environment's settings make of JupyterHub's configuration, as text to compare.

`python -m tests.hub.effect`, in the checkout, remakes the golden files.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from traitlets.config import Config

from hub import configure, load
from tests.architecture.checkout import ROOT

GOLDEN = Path(__file__).parent / "golden"
ENVIRONMENTS = ("development",)
PORTS = {
    "MCHUB_HUB_PORT": "8081",
    "MCHUB_PROXY_API_PORT": "8001",
    "MCHUB_ADMIN_PORT": "9092",
    "MCHUB_REPORTS_PORT": "9093",
}


def configured(name: str, times: int = 1) -> Config:
    """Configuration of an environment, applied so many times."""
    config = Config()
    for _ in range(times):
        configure(config, load(name, PORTS))
    return config


def effect(config: Config, state: Path) -> str:
    """`config` as JSON; secrets and this machine's paths are replaced by their names."""
    text = json.dumps(config, indent=2, sort_keys=True, default=_in_words) + "\n"
    for secret in (state / "secrets").iterdir():
        value = secret.read_text().strip()
        text = text.replace(value, f"<{secret.name}>")
    text = text.replace(str(state), "<state>").replace(sys.executable, "<python>")
    return text.replace(str(ROOT), "<checkout>")


def _in_words(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value.hex() if isinstance(value, bytes) else repr(value)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MCHUB_STATE"] = folder
        for name in ENVIRONMENTS:
            golden = GOLDEN / f"{name}.json"
            golden.write_text(effect(configured(name), Path(folder)), encoding="utf-8")
