"""Finds the faces of a recording again that a table of corrections names."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.media.pictures import read_frame
from mien.inference.media.stream import is_moving, open_stream
from mien.personalization.corrections import Correction
from mien.personalization.faces import Teacher
from mien.personalization.table import Wish
from mien.results import Box, Face


def look_again(teacher: Teacher, wishes: Sequence[Wish]) -> Iterator[Correction | str]:
    """Yields a correction a row; where its face is not found, what is wrong.

    Films are followed from their start, as when they were recorded, so that people keep their
    numbers, and up to the last frame that is named.

    Args:
        teacher: what looks.
        wishes: the table's rows.
    """
    for source, group in groupby(sorted(wishes, key=_order), key=lambda one: one.source):
        yield from _look_at(teacher, source, list(group))


def _order(wish: Wish) -> tuple[Path, int]:
    return wish.source, wish.frame


def _look_at(teacher: Teacher, source: Path, wishes: Sequence[Wish]) -> Iterator[Correction | str]:
    frames, done = _frames(teacher, source, wishes[-1].frame), 0
    try:
        with closing(frames):
            for number, faces, crops in frames:
                for wish in wishes[done:]:
                    if wish.frame > number:
                        break
                    done += 1
                    yield _pick(teacher, wish, number, faces, crops)
    except MediaError as error:
        yield from (f"{wish.place}: {error}" for wish in wishes[done:])
        return
    yield from (f"{wish.place}: {source} has no frame {wish.frame}." for wish in wishes[done:])


def _frames(
    teacher: Teacher, source: Path, last: int
) -> Generator[tuple[int, Sequence[Face], NDArray[np.uint8]]]:
    """Yields of each frame its number, its faces and their crops."""
    analyzer = teacher.analyzer
    if not is_moving(str(source)):
        found = (analyzer.find_crop if teacher.crops else analyzer.find)(read_frame(source))
        yield 0, analyzer.name([found])[0][0].faces, found.crops
        return
    look = analyzer.watch()
    with open_stream(source) as stream:
        for frame in stream:
            if frame.number > last:
                return
            found = look(frame)
            yield frame.number, analyzer.name([found])[0][0].faces, found.crops


def _pick(
    teacher: Teacher, wish: Wish, number: int, faces: Sequence[Face], crops: NDArray[np.uint8]
) -> Correction | str:
    """Takes the face that a row names, of the frame that its number has."""
    fits = [at for at, face in enumerate(faces) if number == wish.frame and _is(wish, face)]
    if len(fits) == 1:
        return teacher.correct(crops[fits[0]], wish.label, wish.place)
    if fits:
        return f"{wish.place}: its frame shows {len(fits)} faces; say which, by its person."
    return f"{wish.place}: the face is not there; take its frame and person from the records."


def _is(wish: Wish, face: Face) -> bool:
    if wish.person is not None:
        return face.person == wish.person
    return wish.box is None or _holds(wish.box, face.box)


def _holds(box: Box, other: Box) -> bool:
    """Tells whether the middle of one box lies within another, and is nowhere near its edge."""
    across = (other.x + other.width / 2 - box.x) / box.width
    down = (other.y + other.height / 2 - box.y) / box.height
    return 0.25 < across < 0.75 and 0.25 < down < 0.75
