"""The contact sheet: the worst findings of each kind on one image, captioned."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mien.data import FaceDataset
from mien.data.findings import KINDS, Finding
from mien.errors import DataError
from mien.files import replacing
from mien.inference.model_card import FACE_SIZE

_TITLES = {
    "copy": "copies of an earlier face",
    "contradiction": "copies whose labels contradict each other",
    "wrong_label": "labels that are likely wrong",
    "non_face": "no face, or none to judge",
}
_PAIRS = ("copy", "contradiction")
_FACE = 2 * FACE_SIZE
_SHOWN = 24  # faces a kind
_ACROSS = 12  # faces in a row
_GAP, _LINE, _HEADING = 14, 15, 34
_SMALL, _LARGE = 12, 17
_WIDTH = _GAP + _ACROSS * (_FACE + _GAP)
_PAPER, _INK, _FAINT = "white", "#141414", "#646464"


def write_sheet(path: Path, data: FaceDataset, findings: Sequence[Finding]) -> None:
    """Draws, for each kind, the findings of the highest score; each image once.

    Under a face stand its number, its label with the suggestion or the other face's label, and
    the score.

    Args:
        path: the PNG to write or to replace.
        data: what the findings are of.
        findings: of any kinds, in any order.

    Raises:
        DataError: it cannot be written.
    """
    rows = [_draw_kind(kind, data, findings) for kind in KINDS]
    sheet = Image.new(_mode(data), (_WIDTH, sum(row.height for row in rows)), _PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    try:
        with replacing(path) as beside:
            sheet.save(beside, optimize=True)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror})", subject=path) from None


def _mode(data: FaceDataset) -> str:
    return "L" if data.format.face.color == "gray" else "RGB"


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
    across = _ACROSS // faces
    width = faces * (_FACE + _GAP)
    down = -(-len(chosen) // across)
    height = _FACE + 3 * _LINE + _GAP
    row = Image.new(_mode(data), (_WIDTH, _HEADING + down * height), _PAPER)
    pen = ImageDraw.Draw(row)
    title = f"{_TITLES[kind]}: {count:,}"
    pen.text((_GAP, 9), title, fill=_INK, font=ImageFont.load_default(_LARGE))
    for place, finding in enumerate(chosen):
        corner = _GAP + place % across * width, _HEADING + place // across * height
        _draw_finding(row, corner, data, finding)
    return row


def _draw_finding(
    row: Image.Image, corner: tuple[int, int], data: FaceDataset, finding: Finding
) -> None:
    left, top = corner
    for place, index in enumerate(_faces(finding)):
        face = Image.fromarray(data.images[index]).resize((_FACE, _FACE), Image.Resampling.NEAREST)
        row.paste(face, (left + place * _FACE, top))
    lines = (f"{finding.index}  {finding.score:.2f}", *_words(data, finding))
    pen, font = ImageDraw.Draw(row), ImageFont.load_default(_SMALL)
    for number, line in enumerate(lines):
        fill = _FAINT if number == 0 else _INK
        pen.text((left, top + _FACE + 2 + number * _LINE), line, fill=fill, font=font)


def _words(data: FaceDataset, finding: Finding) -> list[str]:
    if finding.other is not None:
        other = data.names[data.labels[finding.other]]
        return [f"{finding.label} | {other}", f"{finding.split} | {data.splits[finding.other]}"]
    suggestion = [f"-> {finding.suggestion}"] if finding.suggestion else []
    return [finding.label, *suggestion]
