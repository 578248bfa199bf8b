"""A notebook as an app, in its user's own server: without code, and nothing else to be run.

It stands in for JupyterLab: `python -m hub.in_server.app option-desk` serves
``notebooks/dashboards/option-desk.ipynb``. `jupyter-server-proxy` asks the hub who comes
and passes on what is allowed; Voila behind it draws the page. What Voila may do stands in
its own ``voila.json``, and nothing of it is used here but its command.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

__all__ = ["main"]

FOLDER: Final = Path("notebooks", "dashboards")
SECONDS_TO_START: Final = 60


def main(name: str) -> None:
    """Serve one dashboard until the server is ended.

    Parameters
    ----------
    name : str
        Of the notebook, without its ending.
    """
    notebook = _notebook(name)
    # Voila listens on this machine's loopback: the secret keeps it to our own proxy.
    token = secrets.token_hex(32)
    os.environ["JUPYTER_TOKEN"] = token
    from jupyter_server_proxy.standalone import StandaloneProxyServer
    from traitlets.config import Config

    headers = {"request_headers_override": {"Authorization": f"token {token}"}}
    StandaloneProxyServer.launch_instance(
        argv=_arguments(notebook), config=Config(StandaloneProxyServer=headers)
    )


def _notebook(name: str) -> Path:
    folder = Path.home() / FOLDER
    notebook = folder / f"{name}.ipynb"
    # No name leads out of the folder.
    if notebook.parent != folder or not notebook.is_file():
        there = ", ".join(sorted(each.stem for each in folder.glob("*.ipynb"))) or "none"
        sys.exit(
            f"the app must be a notebook of {folder} ({there}); got {name!r}.\n"
            "hint: save the dashboard there, and start it again."
        )
    return notebook


def _arguments(notebook: Path) -> list[str]:
    url = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    voila = [
        str(notebook),
        "--no-browser",
        "--port={port}",
        "--base_url={base_url}/",
        "--Voila.ip=127.0.0.1",
        "--Voila.auto_token=True",
        f"--Voila.root_dir={notebook.parent}",
    ]
    return [
        "--absolute-url",
        # In a container the hub asks from elsewhere.
        f"--address={url.hostname or '0.0.0.0'}",
        f"--timeout={SECONDS_TO_START}",
        # It would report that it is used whether anybody is there or not. The hub's proxy
        # sees who is.
        "--activity-interval=0",
        "--",
        sys.executable,
        *(["-s"] if sys.flags.no_user_site else []),
        "-m",
        "voila",
        *voila,
    ]


if __name__ == "__main__":
    main(sys.argv[1])
