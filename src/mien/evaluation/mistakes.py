"""The faces that a model is surest about and wrong: a table and a contact sheet."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FaceDataset
from mien.evaluation.contact_sheet import ACROSS, FACE, GAP, HEADING, LINE, draw_faces, new_part
from mien.sheets import write_cells

_SHOWN = 60
_COLUMNS = ("file", "label", "answer", "probability", "probability_of_label")


@dataclass(frozen=True)
class Mistake:
    """One face whose most probable label is not its own.

    Attributes:
        index: of the face among those evaluated, from 0.
        file: where it came from; "" where that is not known.
        label: its own.
        answer: the model's.
        probability: of the answer.
        of_label: the probability of its own label.
    """

    index: int
    file: str
    label: str
    answer: str
    probability: float
    of_label: float


def find_mistakes(faces: FaceDataset, probabilities: NDArray[np.float32]) -> list[Mistake]:
    """Returns the mistakes, the surest first.

    Args:
        faces: N faces.
        probabilities: (N, L), of `faces.names`.
    """
    answers, tops = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != faces.labels)
    files = [""] * len(faces) if faces.files is None else faces.files.tolist()
    return [
        Mistake(
            index,
            files[index],
            faces.names[faces.labels[index]],
            faces.names[answers[index]],
            float(tops[index]),
            float(probabilities[index, faces.labels[index]]),
        )
        for index in wrong[np.argsort(-tops[wrong], kind="stable")].tolist()
    ]


def write_mistakes(mistakes: list[Mistake], faces: FaceDataset, folder: Path) -> None:
    """Writes `mistakes.csv` with all of them, and `mistakes.png` with the surest.

    Args:
        mistakes: as `find_mistakes` returns them.
        faces: that they are of.
        folder: that exists.

    Raises:
        OSError: a file cannot be written.
    """
    with (folder / "mistakes.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(write_cells([_COLUMNS]))
        for it in mistakes:
            shares = f"{it.probability:.4f}", f"{it.of_label:.4f}"
            file.write(write_cells([(it.file, it.label, it.answer, *shares)]))
    shown = mistakes[:_SHOWN]
    height = FACE + 3 * LINE + GAP
    title = f"surest mistakes, {len(shown)} of {len(mistakes):,}: file, label, answer"
    gray = faces.format.face.color == "gray"
    sheet = new_part(gray, HEADING + -(-len(shown) // ACROSS) * height, title)
    for place, it in enumerate(shown):
        corner = GAP + place % ACROSS * (FACE + GAP), HEADING + place // ACROSS * height
        words = (Path(it.file).name, it.label, f"-> {it.answer} {it.probability:.0%}")
        draw_faces(sheet, corner, [faces.images[it.index]], words)
    sheet.save(folder / "mistakes.png", optimize=True)
