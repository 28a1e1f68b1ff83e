"""Writes sbom/: a software bill of materials (CycloneDX 1.6) of each install and of npm's package.

Usage: python -m scripts.supply.sbom

A component is a package of locks/, with its version, its licence by the metadata of this
environment, and what it depends on; or a part that Mien bundles: models, detectors, font, icons.
The same pins give the same bytes. The npm package's components are those of package-lock.json.
"""

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name
from scripts.supply.lock import INSTALLS, ROOT, WITHOUT_DEPENDENCIES, asked_by

from mien import __version__
from mien.server.licences import bundled, licence_of

OUT = ROOT / "sbom"
LICENCE = "Apache-2.0"
_PIN = re.compile(r"^([\w.-]+)==([^\s\\]+)", re.MULTILINE)
_MADE_BY_CHANCE = ("serialNumber", "timestamp")


def main() -> None:
    """Writes the files."""
    OUT.mkdir(exist_ok=True)
    for install in INSTALLS:
        text = describe(install)
        (OUT / f"{install}.cdx.json").write_text(text, "utf-8")
        print(f"sbom/{install}.cdx.json: {len(json.loads(text)['components'])} components")
    text = describe_npm()
    (OUT / "npm.cdx.json").write_text(text, "utf-8")
    print(f"sbom/npm.cdx.json: {len(json.loads(text)['components'])} components")


def describe(install: str) -> str:
    """Returns the bill of materials of an install, as JSON."""
    lock = (ROOT / "locks" / f"{install}.txt").read_text("utf-8")
    components = {name: _package(name, version) for name, version in _PIN.findall(lock)}
    mien = _component("mien", __version__, LICENCE, ComponentType.APPLICATION)
    parts = [_component(part.name, None, part.licence, ComponentType.DATA) for part in bundled()]
    bom = Bom(components=[*components.values(), *parts])
    bom.metadata.component = mien
    alone = WITHOUT_DEPENDENCIES.get(install, ())
    for name, component in components.items():
        asked = () if name in alone else asked_by(name, "")
        needed = {canonicalize_name(it.name) for it in asked}
        bom.register_dependency(component, [components[it] for it in needed if it in components])
    bom.register_dependency(mien, [*components.values(), *parts])
    return _settle(json.loads(JsonV1Dot6(bom).output_as_string()))


def describe_npm() -> str:
    """Returns the bill of materials of what the npm package installs, as JSON."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    bom = Bom()
    bom.metadata.component = _component("mien", __version__, LICENCE, ComponentType.LIBRARY)
    for place, package in lock.items():
        _, inside, name = place.rpartition("node_modules/")
        if inside and not package.get("dev") and not package.get("link"):
            version = package["version"]
            address = PackageURL("npm", None, name, version)
            licence = package.get("license", "see its package")
            bom.components.add(_component(name, version, licence, ComponentType.LIBRARY, address))
    bom.register_dependency(bom.metadata.component, bom.components)
    return _settle(json.loads(JsonV1Dot6(bom).output_as_string()))


def _package(name: str, version: str) -> Component:
    try:
        licence = licence_of(metadata(name))
    except PackageNotFoundError:
        licence = "unknown: not installed on this system"
    address = PackageURL("pypi", None, name, version)
    return _component(name, version, licence, ComponentType.LIBRARY, address)


def _component(
    name: str,
    version: str | None,
    licence: str,
    kind: ComponentType,
    address: PackageURL | None = None,
) -> Component:
    return Component(
        name=name,
        version=version,
        type=kind,
        purl=address,
        bom_ref=str(address or name),
        licenses=[LicenseFactory().make_from_string(licence)],
    )


def _settle(bom: dict[str, object]) -> str:
    """Makes the bytes depend on the content alone: no time, and a number made of the content."""
    about = bom.get("metadata")
    for part in (bom, about):
        for field in _MADE_BY_CHANCE:
            if isinstance(part, dict):
                part.pop(field, None)
    body = json.dumps(bom, indent=1, sort_keys=True)
    number = uuid5(NAMESPACE_URL, body)
    return (
        json.dumps({**bom, "serialNumber": f"urn:uuid:{number}"}, indent=1, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    main()
