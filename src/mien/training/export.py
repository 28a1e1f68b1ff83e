"""A trained network to a model file: calibrated, described, and checked before it is accepted."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.data import FaceDataset
from mien.errors import ModelError
from mien.evaluation.calibration import Calibration, cross_fitted, fit_calibration
from mien.evaluation.metrics import compute_metrics
from mien.evaluation.reliability import reliability
from mien.files import replacing
from mien.inference.classifier import Classifier, Prediction
from mien.inference.contract import EMBEDDING, FACE_SIZE, INPUT, PROBABILITIES, ModelCard
from mien.training.quantize import quantize
from mien.training.settings import Views
from mien.training.slim import forget_sources, store_halves
from mien.training.views import Averaged, count_views
from mien.training.whitening import Whitening, fit_whitening

_BATCH = 256
TOLERANCE = 1e-4
"""How far a probability from the file may lie from torch's: float32 sums in another order."""
HALVES_TOLERANCE = 2e-2
"""The same with weights stored as halves, on the face where it matters most."""
_MAGNIFIED = 3
"""How many times as far whitened embeddings may lie apart: where features hardly vary, whitening
magnifies what rounding moved."""


class CalibratedNetwork(nn.Module):
    """What the model file computes: calibrated probabilities and whitened embeddings."""

    def __init__(self, network: nn.Module, calibration: Calibration, whitening: Whitening) -> None:
        super().__init__()
        self.network = network
        self.calibration = calibration
        self.register_buffer("mean", torch.from_numpy(whitening.mean))
        self.register_buffer("matrix", torch.from_numpy(whitening.matrix))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Returns probabilities (N, 7) and embedding (N, D) of uint8 faces (N, 48, 48)."""
        logits, embedding = self.network(faces)
        scores = logits / self.calibration.temperature
        a, b, c = self.calibration.correction
        sure = torch.softmax(scores, dim=1).amax(dim=1, keepdim=True)
        probabilities = torch.softmax(scores * torch.exp(a + (b + c * sure) * sure), dim=1)
        return probabilities, (embedding - self.mean) @ self.matrix


def export_model(
    network: nn.Module,
    card: ModelCard,
    views: Views,
    validation: FaceDataset,
    path: Path,
    int8_ranges: NDArray[np.uint8] | None = None,
) -> None:
    """Calibrates and whitens a network on validation faces and writes its model file.

    Args:
        network: trained; answers an `Output`.
        card: what the file is to say of itself; its calibration is replaced by the fitted one,
            and the number of views and the figures measured on `validation` are added to its
            own. Of those, "ece_held_out" is the calibration error of answers whose calibration
            was fitted without them; see `cross_fitted`.
        views: what the file averages over.
        validation: the faces that calibrate the model, whiten its embeddings, and that its file
            is checked on.
        path: the ONNX file to write.
        int8_ranges: faces uint8 (N, 48, 48) to find the ranges of an int8 version on; None for
            a file that computes in float32.

    Raises:
        ModelError: the network diverged, or the file's answers differ from torch's; nothing is
            written.
        OSError: the file cannot be written.
    """
    network.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    averaged = Averaged(network, views)
    logits, embeddings = _answers(averaged, validation.images)
    if not np.isfinite(logits).all():
        raise ModelError("the network's answers are not numbers: training diverged")
    calibration = fit_calibration(logits, validation.labels)
    whitening = fit_whitening(embeddings)
    expected = Prediction(calibration.apply(logits).astype(np.float32), whitening.apply(embeddings))
    card = replace(card, temperature=calibration.temperature, correction=calibration.correction)
    with replacing(path) as beside:
        model = _to_onnx(CalibratedNetwork(averaged, calibration, whitening).eval())
        _save(model, card, beside)
        check_parity(expected, beside, validation.images, TOLERANCE)
        if int8_ranges is None:
            store_halves(model)
            _save(model, card, beside)
            check_parity(expected, beside, validation.images, HALVES_TOLERANCE)
        else:
            quantize(beside, int8_ranges)
            model = onnx.load(beside)
            _save(model, card, beside)
        measured = _measured(beside, logits, validation)
        figures = {**card.figures, "views": count_views(views), **measured}
        _save(model, replace(card, figures=figures), beside)


def check_parity(
    expected: Prediction, path: Path, faces: NDArray[np.uint8], tolerance: float
) -> None:
    """Compares a model file's answers with those of the network it was made from.

    Args:
        expected: what the network answers.
        path: of the model file.
        faces: real ones, uint8 (N, 48, 48).
        tolerance: how far they may differ, absolute for probabilities and, three times as far,
            relative to the largest for embeddings.

    Raises:
        ModelError: they differ by more.
    """
    answer = Classifier(path).predict(faces)
    for name, ours, theirs, most in (
        (PROBABILITIES, answer.probabilities, expected.probabilities, tolerance),
        (EMBEDDING, answer.embeddings, expected.embeddings, _MAGNIFIED * tolerance),
    ):
        apart = float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))
        if not apart <= most:
            raise ModelError(f"the exported {name} differ from torch's by {apart:.2g}; not saved")


def _measured(path: Path, logits: NDArray[np.float32], validation: FaceDataset) -> dict[str, Any]:
    """Returns the figures that a model file carries, of its own answers."""
    metrics = compute_metrics(
        Classifier(path).predict(validation.images).probabilities, validation.labels
    )
    names = ("n", "accuracy", "accuracy_interval", "macro_f1", "nll", "ece")
    held_out = cross_fitted(logits, validation.labels)
    return {
        "split": str(validation.splits[0]),
        **{name: getattr(metrics, name) for name in names},
        "ece_held_out": reliability(held_out, validation.labels).ece,
    }


@torch.no_grad()
def _answers(
    network: nn.Module, faces: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns the logits (N, 7) and the embedding (N, D) of a network that answers an `Output`."""
    parts = [network(part) for part in torch.tensor(faces).split(_BATCH)]
    return (
        torch.cat([part.logits for part in parts]).numpy(),
        torch.cat([part.embedding for part in parts]).numpy(),
    )


def _to_onnx(network: nn.Module) -> onnx.ModelProto:
    """Traces the network into a graph that takes any number of faces."""
    example = torch.zeros(2, FACE_SIZE, FACE_SIZE, dtype=torch.uint8)
    with _quiet_exporter():
        program = torch.onnx.export(
            network,
            (example,),
            input_names=[INPUT],
            output_names=[PROBABILITIES, EMBEDDING],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            dynamo=True,
        )
    if program is None:
        raise ModelError("torch's exporter gave no model; check the installed version of torch")
    model = program.model_proto
    forget_sources(model)
    return model


@contextlib.contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keeps the exporter's progress, and what it says of its own internals, from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


def _save(model: onnx.ModelProto, card: ModelCard, path: Path) -> None:
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.save(model, path)
