"""What exactly a release is: its images by digest, its files, the schemas it speaks.

The lock is made where a release runs for the first time. Wherever the same version is
deployed after that, it must be the same to the last byte.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.deployer.findings import Finding
from hub.storage import write_whole

__all__ = ["Image", "ReleaseLock", "differences", "digest_of_files", "inspect_images"]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image as this host has it: its id, and what registries call it."""

    id: str
    digests: tuple[str, ...] = ()

    def is_same(self, other: "Image") -> bool:
        """Whether both are one image: built here once, or pulled by the same digest.

        The id is that of the content, on this host; hosts that keep images in another
        form agree on the registry's digest.
        """
        return self.id == other.id or bool(set(self.digests) & set(other.digests))


@dataclass(frozen=True, kw_only=True)
class ReleaseLock:
    """One release.

    Attributes
    ----------
    version : str
        Tag of its images.
    commit : str
        Commit of the checkout it was first deployed from, or nothing outside git.
    made_at : str
        When the lock was made.
    images : mapping of str to Image
        By the name under which compose and profiles ask for them.
    variables : mapping of str to str
        Names of the images by compose's variable.
    files : str
        Digest of the compose files.
    schemas : mapping of str to str
        Heads of the database's schemas.
    """

    version: str
    commit: str
    made_at: str
    images: Mapping[str, Image]
    variables: Mapping[str, str]
    files: str
    schemas: Mapping[str, str]

    def write(self, file: Path) -> None:
        """Write the lock, whole."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, file: Path) -> "ReleaseLock":
        """The lock that a file holds."""
        held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        images = {
            name: Image(id=image["id"], digests=tuple(image["digests"]))
            for name, image in held.pop("images").items()
        }
        return cls(images=images, **held)


def inspect_images(docker: Callable[..., str], names: Iterable[str]) -> dict[str, Image]:
    """Images of this host by the names given; those that aren't here are left out."""
    found = {}
    listed = docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    ids = dict(line.split() for line in listed.splitlines())
    for name in sorted(set(names)):
        if name in ids:
            form = "{{json .RepoDigests}}"
            digests = json.loads(docker("image", "inspect", "--format", form, name))
            found[name] = Image(id=ids[name], digests=tuple(digests or ()))
    return found


def differences(lock: ReleaseLock, images: Mapping[str, Image]) -> list[Finding]:
    """Images that aren't what a release was locked to."""
    findings = []
    for name, locked in sorted(lock.images.items()):
        here = images.get(name)
        if here is not None and locked.is_same(here):
            continue
        findings.append(
            Finding(
                about=name,
                law=f"be {locked.id[:19]}, which release {lock.version} was locked to",
                found=here.id[:19] if here else "no such image",
                way_out="load the image that was tried, or give what was built since then "
                "a version of its own.",
            )
        )
    return findings


def digest_of_files(files: Iterable[Path]) -> str:
    """One digest of the content of files, in the order given."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
