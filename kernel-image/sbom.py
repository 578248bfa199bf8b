"""Write what an image holds, package by package: a CycloneDX bill of materials.

It asks the image itself, so that it lists what is in it and not what was asked for:
Debian's packages, Python's and, in the proxy, Node's.
"""

import argparse
import json
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

__all__ = ["OURS", "bill_of_materials", "image_names", "main", "packages"]

ROOT = Path(__file__).resolve().parent.parent
OURS = ("hub", "proxy", "kernel-cpu", "kernel-gpu")

DEBIAN = "dpkg-query --show --showformat='${Package} ${Version} ${Architecture}\\n'"
PYTHON = "command -v pip >/dev/null && pip inspect --disable-pip-version-check || echo '{}'"
NODE = "cat /opt/proxy/node_modules/.package-lock.json 2>/dev/null || echo '{}'"


def image_names() -> dict[str, str]:
    """Names of the images that this project makes, by what they are for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = project["version"]
    return {
        name: f"mchub/{repository}:{version}{dash}{stage}"
        for name in OURS
        for repository, dash, stage in [name.partition("-")]
    }


def packages(image: str) -> Iterator[PackageURL]:
    """Every package installed in an image, with its kind and version."""
    for line in _asked(image, DEBIAN).splitlines():
        name, version, architecture = line.split(" ")
        yield PackageURL("deb", "debian", name, version, {"arch": architecture})
    for found in json.loads(_asked(image, PYTHON)).get("installed", []):
        about = found["metadata"]
        name = about["name"].lower().replace("_", "-")
        yield PackageURL("pypi", None, name, about["version"])
    for path, found in json.loads(_asked(image, NODE)).get("packages", {}).items():
        scope, _, name = path.rpartition("node_modules/")[2].rpartition("/")
        yield PackageURL("npm", scope or None, name, found["version"])


def bill_of_materials(image: str) -> str:
    """The bill of an image, as JSON that keeps to the schema of CycloneDX 1.6.

    Raises
    ------
    ValueError
        If it does not keep to the schema, which is a mistake of this module.
    """
    name, _, version = image.partition(":")
    bill = Bom()
    bill.metadata.component = Component(
        type=ComponentType.CONTAINER, name=name, version=version, bom_ref=image
    )
    for url in sorted(set(packages(image)), key=PackageURL.to_string):
        bill.components.add(
            Component(
                type=ComponentType.LIBRARY,
                group=url.namespace,
                name=url.name,
                version=url.version,
                purl=url,
                bom_ref=url.to_string(),
            )
        )
    bill.register_dependency(bill.metadata.component, bill.components)
    text: str = JsonV1Dot6(bill).output_as_string(indent=1)
    if (flaw := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        message = f"the bill of {image} must keep to CycloneDX 1.6; {flaw!r}"
        raise ValueError(message)
    return text


def _asked(image: str, question: str) -> str:
    command = ["docker", "run", "--rm", "--network=none", "--entrypoint=sh", image, "-c"]
    asked = subprocess.run(
        [*command, question], stdout=subprocess.PIPE, text=True, check=True
    )
    return asked.stdout


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one file for every image."""
    parser = argparse.ArgumentParser(prog="sbom", description="write bills of materials")
    parser.add_argument(
        "--to", type=Path, default=ROOT / "dist", help="folder, made if new"
    )
    folder = parser.parse_args(arguments).to
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in image_names().items():
        text = bill_of_materials(image)
        file = folder / f"{name}.cdx.json"
        file.write_text(text, encoding="utf-8")
        print(f"sbom: {len(json.loads(text)['components']):4} packages in {file.name}")


if __name__ == "__main__":
    main()
