"""`mien profile teach` and `mien profile export`: no correction lost, none twice."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from mien.personalization.store import Profiles
from mien.storage.errors import StoreError
from reliability.crash.case import Case
from reliability.crash.inputs import MODEL, Inputs, making
from reliability.crash.place import Place, mien

_FACES = ("00", "01", "02", "03")


def make_cases(inputs: Inputs) -> list[Case]:
    """Faces taught one by one, a folder taught at once, and the profile's file."""
    return [_one_by_one(inputs), _at_once(inputs), _export(inputs)]


def _one_by_one(inputs: Inputs) -> Case:
    """Each command is acknowledged; after a kill, the last acknowledged one is given again."""

    def command(place: Place) -> list[str]:
        first = max(0, len(_acknowledged(place)) - 1)
        lines = [
            f"{shlex.join(_teach(inputs.crops / f'{face}.png'))} && echo acknowledged {face}"
            for face in _FACES[first:]
        ]
        return ["sh", "-c", " && ".join(lines)]

    return Case(
        scenario="teaching",
        name="profile teach",
        command=command,
        prepare=lambda _: None,
        outputs=(),
        check=_check_taught,
    )


def _acknowledged(place: Place) -> set[str]:
    return set(re.findall(r"^acknowledged (\d+)$", place.printed, re.M))


def _teach(source: Path) -> list[str]:
    options = ("--emotion", "happy", "--crops", "--model", MODEL)
    return mien("profile", "teach", "Ada", source, *options)


def _check_taught(place: Place, whole: Place, ended: bool) -> list[str]:
    found, expected = read_corrections(place), read_corrections(whole)
    acknowledged = len(_acknowledged(place))
    wrong = (
        [] if found == expected[: len(found)] else ["other corrections are stored, or some twice"]
    )
    if len(found) < (len(expected) if ended else acknowledged):
        wrong.append(f"{len(found)} corrections are stored; {acknowledged} were acknowledged")
    return wrong


def read_corrections(place: Place) -> list[tuple[str, bytes]]:
    """Returns labels and embeddings of the profile, in order.

    Opening it changes nothing but what a start of Mien would change, too.
    """
    folder = place.data / "mien"
    if not folder.exists():
        return []
    profiles = Profiles.open(folder)
    try:
        found = (
            profiles.corrections("Ada") if any(it.name == "Ada" for it in profiles.list()) else []
        )
        return [(it.correction.label, it.correction.embedding.tobytes()) for it in found]
    finally:
        profiles.close()


def _at_once(inputs: Inputs) -> Case:
    def check(place: Place, whole: Place, ended: bool) -> list[str]:
        try:
            found, expected = read_corrections(place), read_corrections(whole)
        except StoreError as error:
            return [f"the profiles do not open: {error}"]
        allowed = [expected] if ended else [[], expected]
        return [] if found in allowed else [f"{len(found)} of {len(expected)} are stored"]

    sources = [inputs.crops / f"{number:02}.png" for number in range(8, 16)]
    options = ("--emotion", "sad", "--crops", "--model", MODEL, "--keep-pictures")
    return Case(
        scenario="teaching",
        name="profile teach of 8 faces",
        command=lambda _: mien("profile", "teach", "Ada", *sources, *options),
        prepare=lambda _: None,
        outputs=(),
        check=check,
    )


def _export(inputs: Inputs) -> Case:
    """The profile that it exports is taught once, for all."""

    def prepare(place: Place) -> None:
        taught = inputs.path / "taught"
        with making:
            if not taught.exists():
                first = Place(inputs.path / "teaching").make()
                teach = _teach(inputs.crops / "00.png")
                subprocess.run(teach, check=True, env=first.environment, capture_output=True)
                (first.data / "mien").rename(taught)
        shutil.copytree(taught, place.data / "mien")

    return Case(
        scenario="export",
        name="profile export",
        command=lambda _: mien("profile", "export", "Ada", "ada.mien"),
        prepare=prepare,
        outputs=("ada.mien",),
        earlier=("ada.mien",),
    )
