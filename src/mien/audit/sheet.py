"""The contact sheet: the worst findings of each kind on one image, captioned."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image

from mien.data import FaceDataset
from mien.data.findings import KINDS, Finding
from mien.errors import DataError
from mien.evaluation.contact_sheet import ACROSS, FACE, GAP, HEADING, LINE, draw_faces, new_part
from mien.files import replacing

_TITLES = {
    "copy": "copies of an earlier face",
    "contradiction": "copies whose labels contradict each other",
    "wrong_label": "labels that are likely wrong",
    "non_face": "no face, or none to judge",
}
_PAIRS = ("copy", "contradiction")
_SHOWN = 24  # faces a kind


def write_sheet(path: Path, data: FaceDataset, findings: Sequence[Finding]) -> None:
    """Draws, for each kind, the findings of the highest score; each image once.

    Under a face stand its file, or its number where there is none, the score, and its label with
    the suggestion or the other face's label.

    Args:
        path: the PNG to write or to replace.
        data: what the findings are of.
        findings: of any kinds, in any order.

    Raises:
        DataError: it cannot be written.
    """
    rows = [_draw_kind(kind, data, findings) for kind in KINDS]
    sheet = new_part(_is_gray(data), sum(row.height for row in rows))
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    try:
        with replacing(path) as beside:
            sheet.save(beside, optimize=True)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror})", subject=path) from None


def _is_gray(data: FaceDataset) -> bool:
    return data.format.face.color == "gray"


def worst(kind: str, data: FaceDataset, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yields the findings of a kind from the highest score down, no image twice."""
    shown: set[bytes] = set()
    chosen = (finding for finding in findings if finding.kind == kind)
    for finding in sorted(chosen, key=lambda finding: -finding.score):
        images = {data.images[index].tobytes() for index in _faces(finding)}
        if not images & shown:
            yield finding
        shown |= images


def _faces(finding: Finding) -> list[int]:
    return [finding.index] if finding.other is None else [finding.index, finding.other]


def _draw_kind(kind: str, data: FaceDataset, findings: Sequence[Finding]) -> Image.Image:
    count = sum(finding.kind == kind for finding in findings)
    faces = 2 if kind in _PAIRS else 1
    chosen = list(islice(worst(kind, data, findings), _SHOWN // faces))
    across = ACROSS // faces
    width = faces * (FACE + GAP)
    down = -(-len(chosen) // across)
    height = FACE + 4 * LINE + GAP
    row = new_part(_is_gray(data), HEADING + down * height, f"{_TITLES[kind]}: {count:,}")
    for place, finding in enumerate(chosen):
        corner = GAP + place % across * width, HEADING + place // across * height
        images = [data.images[index] for index in _faces(finding)]
        draw_faces(row, corner, images, (_name(data, finding.index), *_words(data, finding)))
    return row


def _name(data: FaceDataset, index: int) -> str:
    return f"{index}" if data.files is None else Path(data.files[index]).name


def _words(data: FaceDataset, finding: Finding) -> list[str]:
    score = f"{finding.score:.2f}"
    if finding.other is not None:
        other = data.names[data.labels[finding.other]]
        splits = f"{finding.split} | {data.splits[finding.other]}"
        return [f"{finding.label} | {other}", splits, score]
    suggestion = [f"-> {finding.suggestion}"] if finding.suggestion else []
    return [finding.label, *suggestion, score]
