"""An image of one static program, made without a registry and taken away afterwards."""

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from tests.architecture.checkout import ROOT

COMPILERS = ("gcc", "g++", "clang++")


def docker(*arguments: str, stdin: bytes | None = None, check: bool = True) -> str:
    """What Docker's own client says; an error of its is one of the test."""
    outcome = subprocess.run(
        ["docker", *arguments], input=stdin, capture_output=True, check=False, timeout=120
    )
    if check and outcome.returncode:
        message = f"docker {' '.join(arguments)}: {outcome.stderr.decode()}"
        raise AssertionError(message)
    return outcome.stdout.decode().strip()


@contextmanager
def tiny_image(name: str, folder: Path) -> Iterator[str]:
    """The image `name`, which serves port 8888 unless told otherwise."""
    binary = folder / "tiny"
    compiler = next(found for name in COMPILERS if (found := shutil.which(name)))
    source = ROOT / "tests" / "tools" / "tiny.c"
    command = [compiler, "-x", "c", "-O1", "-static", "-o", str(binary), str(source)]
    subprocess.run(command, check=True)
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(binary, "tiny")
        for path in ("home/jovyan", "tmp"):
            inside = tarfile.TarInfo(path)
            inside.type, inside.mode = tarfile.DIRTYPE, 0o755
            inside.uid, inside.gid = 1000, 100
            archive.addfile(inside)
    changes = ('CMD ["/tiny", "serve", "8888"]', "USER 1000:100")
    options = [word for change in changes for word in ("--change", change)]
    docker("import", *options, "-", name, stdin=packed.getvalue())
    try:
        yield name
    finally:
        docker("rmi", "--force", name, check=False)
