"""A long film is cut at key frames, so that one film uses all cores.

`mien.batch.part` reads a part of it, `mien.batch.seams` joins what came of the parts.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from math import ceil

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from mien.batch.outcome import Outcome, failed
from mien.batch.part import LEAD, PartReader, seek
from mien.batch.pieces import Piece
from mien.batch.storage import local_copy
from mien.batch.work import Models, counted, name_together, to_table
from mien.errors import MediaError
from mien.inference.analyzer import Analyzer
from mien.inference.media.video import open_film, video_stream
from mien.results import FrameResult

_SHORTEST = 2 * LEAD  # seconds of a part: a shorter one would mostly be lead


def find_cuts(path: str, longest: float) -> tuple[int, ...]:
    """Finds where to cut a film: at the key frames at equal shares of its length.

    Nothing is decoded, and of the file only what lies around the cuts is read.

    Args:
        path: of a film on this machine.
        longest: seconds, above 0; a longer film is cut into parts of about so many.

    Returns:
        The stamps of the key frames, in ticks of the film's track, ascending. None where the film
        is not that long or does not say how long it is, where there is no jumping in it, or where
        it has no key frames at these places.

    Raises:
        MediaError: the file is missing, or is not a film.
    """
    with open_film(path) as container:
        try:
            return tuple(_cuts(container, video_stream(path, container), longest))
        except av.FFmpegError:
            return ()


def _cuts(container: InputContainer, track: VideoStream, longest: float) -> Iterator[int]:
    length, tick, start = container.duration, track.time_base, track.start_time
    if length is None or tick is None or start is None:
        return
    seconds = length / av.time_base
    shares, last = ceil(seconds / longest), start
    for share in range(1, shares):
        landing = seek(container, track, start + round(seconds * share / shares / tick))
        if landing is None:  # then there is none farther on, for which all would be read again
            return
        if landing[0] >= last + _SHORTEST / tick:
            last, _ = landing
            yield last


def work_on_part(piece: Piece, models: Models) -> Outcome:
    """Analyzes a part of a film, and its lead.

    Args:
        piece: with a span.
        models: of this process.

    Returns:
        Rows for `mien.batch.seams`: people are numbered for this part alone, and frames count from
        the part's first, so that those of the lead are below 0. The lead is not counted in
        `counts`.
    """
    item, span = piece.items[0], piece.span
    assert span  # noqa: S101
    try:
        with local_copy(item, models.options) as path:
            reader = PartReader(item.path, open_film(path), span)
            lead, own = _watch(reader, models.analyzer)
    except MediaError as error:
        return failed(item, str(error), models.options)
    counts = Counter(films=int(span.number == 0))
    results = ((item, result) for result in chain(lead, counted(own, counts)))
    rows = to_table(results, models.options)
    notes = tuple(
        (item.path, problem.removeprefix(f"{item.path}: ")) for problem in reader.problems
    )
    return Outcome(rows, (), notes, counts)


def _watch(reader: PartReader, analyzer: Analyzer) -> tuple[list[FrameResult], list[FrameResult]]:
    """Returns what a part's lead shows, and what the part shows, with their own numbers."""
    look = analyzer.watch()
    with closing(reader):
        pictures = ((look(frame), frame.pixels.nbytes) for frame in reader)
        results = list(name_together(analyzer, pictures))
    first = reader.first or 0
    numbered = [replace(result, frame=result.frame - first) for result in results]
    return numbered[:first], numbered[first:]
