"""Records in memory: numpy columns, whatever the file that they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.clocks import parse_clock
from mien.emotions import EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.inference.records.layout import CLOCK, Layout


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """The columns of a table of N records.

    Attributes:
        source: object (N,), of strings.
        frame: int64 (N,).
        time: float64 (N,), in seconds.
        person: int64 (N,); -1 where empty.
        boxes: float32 (N, 4): x, y, width and height in pixels; NaN where there is no face.
        score: float32 (N,); NaN where empty.
        label: int8 (N,), indices into `codes`; -1 where there is no face.
        confidence: float32 (N,); NaN where there is no face.
        raw: float32 (N, L), in the order of `labels`; NaN where there is no face.
        smoothed: float32 (N, L); NaN where empty.
        labels: the L labels of the model.
        attributes: by name, float32 (N,); NaN where empty.
        extra: columns that have no place above, by name: float64 (N,), NaN where empty, for a
            column of numbers that the layout knows; object (N,), None where empty, otherwise.
    """

    source: NDArray[np.object_]
    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    person: NDArray[np.int64]
    boxes: NDArray[np.float32]
    score: NDArray[np.float32]
    label: NDArray[np.int8]
    confidence: NDArray[np.float32]
    raw: NDArray[np.float32]
    smoothed: NDArray[np.float32]
    labels: tuple[str, ...] = EMOTIONS
    attributes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def empty(cls, layout: Layout) -> "Records":
        """Returns records without a row."""
        none, no_text = np.empty(0), np.empty(0, np.object_)
        return cls(
            source=no_text,
            frame=none.astype(np.int64),
            time=none,
            person=none.astype(np.int64),
            boxes=np.empty((0, 4), np.float32),
            score=none.astype(np.float32),
            label=none.astype(np.int8),
            confidence=none.astype(np.float32),
            raw=np.empty((0, len(layout.labels)), np.float32),
            smoothed=np.empty((0, len(layout.labels)), np.float32),
            labels=layout.labels,
            attributes={name: none.astype(np.float32) for name in layout.attributes},
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """What `label` counts: the labels, then `UNSURE`."""
        return (*self.labels, UNSURE)

    @property
    def clock(self) -> NDArray[np.float64]:
        """When each frame was taken, in seconds since 1970, UTC; float64 (N,), NaN where unknown.

        Raises:
            MediaError: a value of the column `clock` is no time in ISO 8601 with a time zone.
        """
        texts = self.extra.get(CLOCK, [None] * len(self))
        return np.array([_to_seconds(row, text) for row, text in enumerate(texts, 1)], np.float64)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Records":
        """Returns some of the rows, by their numbers or by a mask."""
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in _ARRAYS},
            attributes={name: values[rows] for name, values in self.attributes.items()},
            extra={name: values[rows] for name, values in self.extra.items()},
        )


def _to_seconds(row: int, text: object) -> float:
    if text is None or text == "":
        return float("nan")
    try:
        return parse_clock(str(text))
    except ValueError as error:
        raise MediaError(
            f"row {row}, column '{CLOCK}': {error}", remedy="write times as 2026-11-27T03:58:12Z"
        ) from None


_ARRAYS = tuple(
    item.name for item in fields(Records) if item.name not in ("labels", "attributes", "extra")
)


def join(parts: Sequence[Records], layout: Layout | None = None) -> Records:
    """Joins the parts of a table, in their order.

    A column that some parts lack is empty there.

    Args:
        parts: all of the same labels.
        layout: of a table without parts; None for that of FER2013's labels.
    """
    if not parts:
        return Records.empty(layout or Layout())
    counts = [len(part) for part in parts]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS
    }
    return replace(
        parts[0],
        **arrays,
        attributes=_join_columns([part.attributes for part in parts], counts, np.float32(np.nan)),
        extra=_join_columns([part.extra for part in parts], counts, None),
    )


def _join_columns(
    parts: Sequence[Mapping[str, NDArray[Any]]], counts: Sequence[int], empty: object
) -> dict[str, NDArray[Any]]:
    names = dict.fromkeys(name for part in parts for name in part)

    def column(name: str) -> NDArray[Any]:
        kind = next(part[name].dtype for part in parts if name in part)
        return np.concatenate(
            [
                part[name] if name in part else np.full(count, empty, kind)
                for part, count in zip(parts, counts, strict=True)
            ]
        )

    return {name: column(name) for name in names}
