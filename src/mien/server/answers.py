"""An answer of the engine as JSON, its faces named where the client will speak of them again."""

from typing import Any

from mien.server.engine import Answer
from mien.server.store.feedback import RecentFace, RecentFaces


def answer_to_dict(answer: Answer, recent: RecentFaces | None = None) -> dict[str, Any]:
    """Returns the object of `mien predict --json`.

    Args:
        answer: the engine's.
        recent: where each face is remembered, and gets its `face_id` from; None names no face.
    """
    result = answer.result.to_dict()
    if recent is not None:
        faces = zip(result["faces"], *answer.base, answer.crops, strict=True)
        for named, probabilities, embedding, crop in faces:
            seen = RecentFace(embedding, tuple(probabilities.tolist()), answer.model, crop)
            named["face_id"] = recent.add(seen)
    return result
