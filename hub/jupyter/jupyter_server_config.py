"""What every user's server runs besides JupyterLab, from this folder."""

import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter provides it
sys.path.append(str(Path(__file__).parent))
c.ServerApp.jpserver_extensions = {"shared_access": True}
