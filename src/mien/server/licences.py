"""What the server is made of, and on which terms each part may be used."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from typing import NamedTuple

from mien import __version__
from mien.inference.classifier import shipped_models

_EXTRA = "serve"
_REQUIREMENT = re.compile(r"[\w.-]+")
_LONGEST = 60  # characters; a longer field holds the licence's text


class Licence(NamedTuple):
    """One part, with its version, if it has one of its own, and its licence."""

    name: str
    version: str | None
    licence: str


_BUNDLED = (
    Licence("yunet (face detector, trained further)", None, "BSD-3-Clause"),
    Licence("O-Net and mtcnn (face detectors)", None, "MIT"),
    Licence("centerface (face detector, optional)", None, "MIT"),
    Licence("Inter (font)", None, "OFL-1.1"),
    Licence("Lucide (icons)", None, "ISC"),
    Licence("Swagger UI (API documentation)", None, "Apache-2.0"),
)


@cache
def licences() -> tuple[Licence, ...]:
    """Returns Mien, its models, what it bundles, and the packages of the base and serve install."""
    packages = sorted(_packages(), key=lambda package: package.name.lower())
    return (Licence("Mien", __version__, "Apache-2.0"), *bundled(), *packages)


def bundled() -> tuple[Licence, ...]:
    """Returns the parts of Mien that are no packages: its models, detectors, font and icons."""
    # Their versions are on their cards, but opening them all would take seconds.
    models = (Licence(f"{name} (model)", None, "Apache-2.0") for name in sorted(shipped_models()))
    return (*models, *_BUNDLED)


def _packages() -> Iterator[Licence]:
    """Follows the requirements of this package; what is not installed is left out."""
    known = {"mien"}
    waiting = _required(metadata.metadata("mien"), _EXTRA)
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        try:
            about = metadata.metadata(name)  # parses a file, so once
        except metadata.PackageNotFoundError:
            continue  # another system's, or another Python's
        waiting.extend(_required(about))
        yield Licence(about["Name"], about["Version"], licence_of(about))


def _required(about: metadata.PackageMetadata, extra: str | None = None) -> list[str]:
    """Returns the normalized names of a package's requirements, with those of one extra."""
    names = []
    for text in about.get_all("Requires-Dist") or ():
        of_extra = re.search(r"""extra\s*==\s*['"]([^'"]+)""", text)
        match = _REQUIREMENT.match(text)
        if match and (of_extra is None or of_extra[1] == extra):
            names.append(re.sub(r"[-_.]+", "-", match[0]).lower())
    return names


def licence_of(about: metadata.PackageMetadata) -> str:
    """Returns the licence by the first field that names one: they come from several eras."""
    texts = (*(about.get_all("License-Expression") or ()), *(about.get_all("License") or ()))
    for text in texts:
        if text != "UNKNOWN" and len(text) <= _LONGEST:
            return str(text)
    named = [it for it in about.get_all("Classifier") or () if it.startswith("License ::")]
    return str(named[0]).rpartition(" :: ")[2] if named else "see its package"
