"""How a job tells what it does."""

from collections.abc import Iterable
from dataclasses import dataclass

from mien.batch.job_folder import Totals
from mien.batch.plan import Piece


@dataclass(slots=True)
class Workload:
    """How much there is to do.

    Attributes:
        photos: how many.
        videos: how many; a video that is cut counts once.
        size: of all, in bytes.
        cost: of all, as estimated, in seconds of one core.
        done: how much of `cost` was done before.
    """

    photos: int = 0
    videos: int = 0
    size: int = 0
    cost: float = 0.0
    done: float = 0.0

    def add(self, piece: Piece, done: bool) -> None:
        """Adds a piece, which may be done already."""
        self.cost += piece.cost
        self.done += piece.cost * done
        if piece.span is None or piece.span.number == 0:
            videos = sum(item.kind == "film" for item in piece.items)
            self.videos += videos
            self.photos += len(piece.items) - videos
            self.size += sum(item.size for item in piece.items)


def measure(pieces: Iterable[Piece], done: set[int]) -> Workload:
    """Adds up pieces, of which some are done."""
    workload = Workload()
    for piece in pieces:
        workload.add(piece, piece.number in done)
    return workload


class Listener:
    """Hears how a job goes. This one does nothing with it."""

    def note(self, text: str) -> None:
        """Something that a user should know, and that stops nothing."""

    def listed(self, count: int) -> None:
        """So many inputs are found so far, before the work starts."""

    def starts(self, workload: Workload, totals: Totals) -> None:
        """The work starts; `totals` is what came of earlier runs of this job."""

    def done(self, piece: Piece, totals: Totals) -> None:
        """A piece is done; `totals` is what came of the job so far."""
