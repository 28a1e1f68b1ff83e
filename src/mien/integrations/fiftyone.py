"""Faces as FiftyOne's detections: a field of each sample of a dataset."""

from typing import TYPE_CHECKING

from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.results import FrameResult

if TYPE_CHECKING:
    import fiftyone as fo


def to_detections(result: FrameResult) -> "fo.Detections":
    """Returns the faces of a result: label, confidence, box in shares of the image, probabilities.

    Raises:
        MienError: fiftyone is not installed.
    """
    try:
        import fiftyone as fo  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MienError(f"'{error.name}' is not installed", remedy="pip install fiftyone") from None
    width, height = result.width, result.height
    faces = []
    for face in result.faces:
        box = face.box
        place = [box.x / width, box.y / height, box.width / width, box.height / height]
        found = fo.Detection(label=face.emotion, bounding_box=place, confidence=face.confidence)
        found["probabilities"] = dict(face.probabilities)
        faces.append(found)
    return fo.Detections(detections=faces)


def label_samples(
    samples: "fo.SampleCollection", field: str = "expressions", analyzer: Analyzer | None = None
) -> list[str]:
    """Labels the faces of every sample of a dataset or view.

    Args:
        samples: images.
        field: that the detections are stored in.
        analyzer: does the work; None for the default model.

    Returns:
        A sentence for each image that could not be read; its field stays empty.
    """
    analyzer = analyzer or Analyzer()
    problems = []
    for sample in samples.iter_samples(progress=True, autosave=True):
        try:
            sample[field] = to_detections(analyzer.analyze(sample.filepath))
        except MienError as error:
            problems.append(str(error))
    return problems
