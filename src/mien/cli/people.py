"""Who was seen in a moving source, for how long, and with which expression."""

from collections import defaultdict

from mien.results import FrameResult

_LONGEST_GAP = 1.0  # seconds; more between two frames is an outage, and nobody was seen in it


class People:
    """Adds up, for each person, the seconds that each label was shown.

    A frame's label holds for the time since the frame before.
    """

    def __init__(self) -> None:
        self.seconds: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.frames = 0
        self._time = 0.0

    def add(self, result: FrameResult) -> None:
        """Adds one frame."""
        elapsed = min(max(result.time - self._time, 0.0), _LONGEST_GAP)
        self._time = result.time
        self.frames += 1
        for face in result.faces:
            if face.person is not None:
                self.seconds[face.person][face.emotion] += elapsed
