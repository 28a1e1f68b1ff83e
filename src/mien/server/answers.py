"""The JSON of an analysis, with an id for each face that the client may refer to later."""

from typing import Any

from mien.server.engine import Answer
from mien.server.store.recent import RecentFace, RecentFaces


def answer_to_dict(answer: Answer, recent: RecentFaces | None = None) -> dict[str, Any]:
    """Returns the object of `mien predict --json`.

    Args:
        answer: the engine's.
        recent: keeps each face, and gives it a `face_id`; None gives no ids.
    """
    result = answer.result.to_dict()
    if recent is not None:
        base, labels = answer.base, answer.result.labels
        faces = zip(result["faces"], base.probabilities, base.embeddings, answer.crops, strict=True)
        for face, probabilities, embedding, crop in faces:
            predicted = tuple(probabilities.tolist())
            face["face_id"] = recent.add(
                RecentFace(embedding, predicted, answer.model, crop, labels)
            )
    return result
