"""Serves the bucket that ``BUCKET`` names on port 9443.

Whoever comes may read and write: what a test puts here is encrypted, or should be.
"""

import os
import subprocess
import sys
import time
import urllib.request
from typing import Final

INSIDE: Final = "http://127.0.0.1:5000"


def serve() -> int:
    """Start both programs; whichever ends ends the other."""
    moto = subprocess.Popen(["moto_server", "--host=127.0.0.1", "--port=5000"])
    made = urllib.request.Request(f"{INSIDE}/{os.environ['BUCKET']}", method="PUT")
    for _ in range(300):
        try:
            urllib.request.urlopen(made, timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    nginx = subprocess.Popen(["nginx", "-c", "/opt/object-store/nginx.conf"])
    while moto.poll() is None and nginx.poll() is None:
        time.sleep(0.5)
    moto.terminate()
    nginx.terminate()
    return 1


if __name__ == "__main__":
    sys.exit(serve())
