"""A trained network to a model file: calibrated, described, and checked before it is accepted."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from torch import Tensor, nn

from mien.data import FaceDataset
from mien.errors import ModelError
from mien.evaluation.metrics import compute_metrics
from mien.evaluation.reliability import reliability
from mien.files import replacing
from mien.inference.classifier import Classifier, Prediction
from mien.inference.model_card import (
    EMBEDDING,
    INPUT,
    PRIORS,
    PROBABILITIES,
    FaceFormat,
    ModelCard,
)
from mien.training.networks.composition import Averaged, count_views
from mien.training.posterior import Answers, Posterior, PosteriorLayer, cross_fitted_posterior
from mien.training.prototypes import find_prototypes
from mien.training.settings import Views

_WORTHWHILE = 256  # numbers; below, the cast that goes with it is larger than what it saves


def forget_sources(model: onnx.ModelProto) -> None:
    """Removes what torch's exporter notes at each node: code, classes, and this machine's paths.

    Args:
        model: changed in place; its own metadata stay.
    """
    graph = model.graph
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.metadata_props[:]


def store_halves(model: onnx.ModelProto) -> None:
    """Rewrites a model's float32 weights as float16, each cast back where it is used.

    A runtime casts them once, when it opens the file, and computes in float32 as before. A
    weight moves by at most one part in 2,048, which is less than training in bfloat16 leaves
    undecided.

    Args:
        model: changed in place.
    """
    casts = []
    for weights in model.graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < _WORTHWHILE:
            continue
        name, stored = weights.name, f"{weights.name}.half"
        halves = values.astype(np.float16)
        weights.CopyFrom(numpy_helper.from_array(halves, stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


_RIDGE = 0.1
"""Of the mean variance, added to each: what hardly varies would else be mostly noise. From 0.01 to
0.3 all do alike on FER2013."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """A linear map under which everybody's embeddings vary alike in all directions.

    A network's features vary most in what its classes differ in, so faces with one expression lie
    close together, whoever they are of. Whitened, what tells people apart counts as much.

    Attributes:
        mean: float32 (D,), of everybody's embeddings.
        matrix: float32 (D, D), symmetric.
    """

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]

    def apply(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns embeddings (N, D), whitened."""
        return ((embeddings - self.mean) @ self.matrix).astype(np.float32)


def fit_whitening(embeddings: NDArray[np.float32]) -> Whitening:
    """Finds the symmetric whitening (ZCA) of embeddings (N, D), N >= 1."""
    mean = embeddings.mean(axis=0, dtype=np.float64)
    centred = embeddings - mean
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    ridge = _RIDGE * variances.mean() + np.finfo(np.float32).eps
    scaled = directions / np.sqrt(np.maximum(variances, 0) + ridge)
    return Whitening(mean.astype(np.float32), (scaled @ directions.T).astype(np.float32))


RANGES_FROM = 512
"""How many faces the ranges of activations are found on."""
_BATCHES = 8


def quantize(path: Path, faces: NDArray[np.uint8]) -> None:
    """Replaces a model file by its int8 version; the metadata are lost.

    onnxruntime's static quantization: activations uint8, weights int8 with a scale a channel.
    What follows the last layer stays float32, for rounded probabilities would not sum to 1, and so
    does what whitens the embedding, which would magnify what is rounded. Where a processor has no
    products of bytes (VNNI and the like), it is slower than float32 and sums may saturate.

    Args:
        path: of the model file, its weights float32.
        faces: uint8 (N, *card.face.shape), whose least and greatest activations set the ranges.
    """
    exact = _after_last_layer(onnx.load(path).graph)
    # It advises a preparation of the graph that changed nothing in what was measured.
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        quantize_static(
            path,
            path,
            _Calibration(faces),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            nodes_to_exclude=exact,
        )
    finally:
        logger.setLevel(level)


def _after_last_layer(graph: onnx.GraphProto) -> list[str]:
    """Returns the names of the nodes between the last layers' products and the outputs."""
    made_by = {output: node for node in graph.node for output in node.output}
    exact = {made_by[EMBEDDING].name}
    waiting = [made_by[PROBABILITIES]]
    while waiting:
        node = waiting.pop()
        if node.op_type in ("Gemm", "MatMul", "Conv") or node.name in exact:
            continue
        exact.add(node.name)
        waiting += [made_by[name] for name in node.input if name in made_by]
    return sorted(exact)


def some_faces(training: FaceDataset) -> NDArray[np.uint8]:
    """Returns the faces that ranges are found on: the same for the same data."""
    count = min(RANGES_FROM, len(training))
    chosen: NDArray[np.uint8] = np.random.default_rng(0).choice(
        training.images, count, replace=False
    )
    return chosen


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands the quantizer faces in batches, as it asks for them."""

    def __init__(self, faces: NDArray[np.uint8]) -> None:
        parts = np.array_split(faces, min(_BATCHES, len(faces)))
        self._batches: Iterator[dict[str, NDArray[np.uint8]]] = ({INPUT: part} for part in parts)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """Returns a batch, or None after the last."""
        return next(self._batches, None)


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

    def __init__(self, network: nn.Module, posterior: PosteriorLayer, whitening: Whitening) -> None:
        super().__init__()
        self.network = network
        self.posterior = posterior
        self.register_buffer("mean", torch.from_numpy(whitening.mean))
        self.register_buffer("matrix", torch.from_numpy(whitening.matrix))

    def forward(self, faces: Tensor, priors: Tensor) -> tuple[Tensor, Tensor]:
        """Returns probabilities (N, L) and embedding (N, D) of uint8 faces (N, S, S[, 3])."""
        logits, embedding, sources = self.network(faces)
        probabilities = self.posterior(logits, sources, priors)
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
        network: trained; answers an `Output`, with logits of each source if the card has several.
        card: what the file is to say of itself, its sources included; its calibration is replaced
            by the fitted one (the first source's, where there are several), and the number of views
            and the figures measured on `validation` are added to its own. Of those, "ece_held_out"
            is the calibration error of answers whose calibration was fitted without them; see
            `cross_fitted_posterior`. Where there are several sources, "sources" holds the figures
            of each.
        views: what the file averages over.
        validation: the faces that calibrate the model, whiten its embeddings, and that its file
            is checked on.
        path: the ONNX file to write.
        int8_ranges: faces as `validation.images`, to find the ranges of an int8 version on; None
            for a file that computes in float32.

    Raises:
        ModelError: the network diverged, or the file's answers differ from torch's; nothing is
            written.
        OSError: the file cannot be written.
    """
    network.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    averaged = Averaged(network, views)
    logits, embeddings, sources = _outputs(averaged, validation.images)
    if not np.isfinite(logits).all():
        raise ModelError("the network's answers are not numbers: training diverged")
    rates = np.array([source.base_rates for source in card.sources], np.float32)
    answers = Answers.of(logits, sources)
    posterior = Posterior.fit(answers, validation.labels, validation.sources)
    whitening = fit_whitening(embeddings)
    expected = Prediction(
        posterior.apply(answers).astype(np.float32),
        whitening.apply(embeddings),
        np.empty((len(logits), 0), np.float32),
    )
    first = posterior.calibrations[0]
    card = replace(
        card,
        temperature=first.temperature,
        correction=first.correction,
        prototypes=find_prototypes(whitening.apply(embeddings), validation),
    )
    layer = PosteriorLayer(posterior, rates)
    with replacing(path) as beside:
        model = _to_onnx(CalibratedNetwork(averaged, layer, whitening).eval(), card.face, rates)
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
        measured = _measured(beside, answers, validation)
        figures = {**card.figures, "views": count_views(views), **measured}
        _save(model, replace(card, figures=figures), beside)


def check_parity(
    expected: Prediction, path: Path, faces: NDArray[np.uint8], tolerance: float
) -> None:
    """Compares a model file's answers with those of the network it was made from.

    Args:
        expected: what the network answers.
        path: of the model file.
        faces: real ones, uint8 (N, *card.face.shape).
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


def _measured(path: Path, answers: Answers, validation: FaceDataset) -> dict[str, Any]:
    """Returns the figures that a model file carries, of its own answers."""
    probabilities = Classifier(path).predict(validation.images).probabilities
    held_out = cross_fitted_posterior(answers, validation.labels, validation.sources)
    names = ("n", "accuracy", "accuracy_interval", "mean_recall", "macro_f1", "nll", "ece")

    def figures(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        labels = validation.labels[chosen]
        metrics = compute_metrics(probabilities[chosen], labels, names=validation.names)
        return {
            **{name: getattr(metrics, name) for name in names},
            "ece_held_out": reliability(held_out[chosen], labels).ece,
        }

    everything = np.ones(len(validation), bool)
    measured = {"split": str(validation.splits[0]), **figures(everything)}
    if validation.sources is not None:
        measured["sources"] = {
            name: figures(validation.sources == index)
            for index, name in enumerate(validation.source_names)
        }
    return measured


@torch.no_grad()
def _outputs(network: nn.Module, faces: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Returns the columns of the `Output` of a network."""
    parts = [network(part) for part in torch.tensor(faces).split(_BATCH)]
    return [torch.cat(column).numpy() for column in zip(*parts, strict=True)]


def _to_onnx(
    network: nn.Module, face_format: FaceFormat, rates: NDArray[np.float32]
) -> onnx.ModelProto:
    """Traces the network into a graph that takes any number of faces, and priors."""
    example = torch.zeros(2, *face_format.shape, dtype=torch.uint8)
    with _quiet_exporter():
        program = torch.onnx.export(
            network,
            (example, torch.from_numpy(rates)),
            input_names=[INPUT, PRIORS],
            output_names=[PROBABILITIES, EMBEDDING],
            dynamic_shapes=({0: torch.export.Dim("n")}, None),
            dynamo=True,
        )
    if program is None:
        raise ModelError("torch's exporter gave no model; check the installed version of torch")
    model = program.model_proto
    # An input with an initializer may be left out: the file answers by the base rates it learned.
    model.graph.initializer.append(numpy_helper.from_array(rates, PRIORS))
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
