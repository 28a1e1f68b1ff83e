"""Cropped faces to calibrated probabilities, embeddings and further outputs, by one ONNX file."""

from collections.abc import Sequence
from copy import copy
from hashlib import file_digest
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.inference.model_card import EMBEDDING, INPUT, PRIORS, PROBABILITIES, ModelCard
from mien.inference.onnx import open_session, read_metadata, readable_names
from mien.inference.priors import Prior, resolve_prior

DEFAULT_MODEL = "default"


class Prediction(NamedTuple):
    """The outputs of a model for N faces.

    Attributes:
        probabilities: float32 (N, L), in the order of the card's labels; rows sum to 1.
        embeddings: float32 (N, D), the whitened features before the last layer.
        outputs: float32 (N, K), the card's K further outputs, in their order.
    """

    probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    outputs: NDArray[np.float32]


def split_prediction(prediction: Prediction, counts: Sequence[int]) -> list[Prediction]:
    """Splits the rows of a prediction by the number of faces of each image."""
    parts = (np.split(column, np.cumsum(counts)[:-1]) for column in prediction)
    return [Prediction(*part) for part in zip(*parts, strict=True)]


class Adapter(Protocol):
    """Adapts a model's probabilities to a user; `mien.personalization` learns adapters."""

    def adapt(
        self, probabilities: NDArray[np.float32], embeddings: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Returns adapted probabilities, float32 (N, L), of a model's `Prediction`."""


def shipped_models() -> dict[str, Path]:
    """Returns the models that came with the package: name to file."""
    folder = Path(str(resources.files("mien") / "models"))
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def resolve_model(model: str | Path) -> Path:
    """Finds a model file by a shipped name or by its path.

    Raises:
        ModelError: there is no such model.
    """
    shipped = shipped_models()
    if str(model) in shipped:
        return shipped[str(model)]
    path = Path(model)
    if not path.is_file():
        known = ", ".join(shipped) or "none"
        raise ModelError(
            "no such model file, nor a shipped model",
            subject=model,
            remedy=f"choose a file or one of: {known}",
        )
    return path


class Classifier:
    """Classifies the expression on cropped faces.

    Args:
        model: the name of a shipped model, or the path of an ONNX file that follows the contract
            of `mien.inference.model_card`.
        threads: how many threads one call may use. One is right for small batches.
        prior: how common each label is where the model is used; see
            `mien.inference.priors.resolve_prior`. None for what the model learned.

    Raises:
        ModelError: the file is missing, is not ONNX, or breaks the contract; or `prior` does not
            fit it.

    Attributes:
        path: of the file.
        card: the metadata of the file.
        digest: SHA-256 of the file, hexadecimal: identifies it among files of the same name.
        prior: the name of the prior; empty for what the model learned.
    """

    def __init__(
        self, model: str | Path = DEFAULT_MODEL, threads: int = 1, prior: Prior | None = None
    ) -> None:
        self.path = resolve_model(model)
        self._network = open_session(self.path, threads)
        self.digest = _digest(self.path)
        try:
            session = self._network.session
            self.card = ModelCard.from_metadata(read_metadata(session))
            with readable_names():
                _check_signature(session, self.card)
        except ModelError as error:
            raise ModelError(
                f"not a Mien model: {error.reason}",
                subject=self.path,
                remedy=error.remedy or "export it with 'mien export'",
            ) from None
        self._set_prior(prior)

    def with_prior(self, prior: Prior | None) -> "Classifier":
        """Returns a classifier of other base rates that shares this one's network.

        Raises:
            ModelError: the prior does not fit the model.
        """
        other = copy(self)
        other._set_prior(prior)
        return other

    def _set_prior(self, prior: Prior | None) -> None:
        self.prior, self._inputs = "", {}
        if prior is not None:
            self.prior, shares = resolve_prior(prior, self.card)
            rows = np.array([shares] * len(self.card.sources), np.float32)
            self._inputs = {PRIORS: rows}

    def predict(self, faces: NDArray[np.uint8], batch_size: int = 256) -> Prediction:
        """Classifies faces.

        Args:
            faces: uint8 (N, *card.face.shape); N may be 0.
            batch_size: faces per call of the network; bounds memory.

        Raises:
            ValueError: `faces` has another shape or type.
            ModelError: the file is damaged, so that the network fails.
        """
        if faces.dtype != np.uint8 or faces.shape[1:] != self.card.face.shape:
            raise ValueError(
                f"faces must be uint8 (N, {', '.join(map(str, self.card.face.shape))}), "
                f"got {faces.dtype} {faces.shape}"
            )
        names = [PROBABILITIES, EMBEDDING, *(output.name for output in self.card.outputs)]
        # One call even without faces, for the shapes.
        starts = range(0, max(len(faces), 1), batch_size)
        batches = [
            self._run(names, {INPUT: faces[start : start + batch_size], **self._inputs})
            for start in starts
        ]
        probabilities, embeddings, *outputs = map(np.concatenate, zip(*batches, strict=True))
        none = np.empty((len(faces), 0), np.float32)
        return Prediction(probabilities, embeddings, np.concatenate([none, *outputs], axis=1))

    def _run(self, names: list[str], inputs: dict[str, Any]) -> list[NDArray[np.float32]]:
        try:
            return self._network.run(names, inputs)
        except ModelError as error:
            raise ModelError(
                error.reason, subject=self.path, remedy="export it again with 'mien export'"
            ) from None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"cannot be read ({error.strerror})", subject=path, remedy="copy the file again"
        ) from None


def _check_signature(session: ort.InferenceSession, card: ModelCard) -> None:
    """Checks that the network has the input and the outputs of the card."""
    _check_value(session.get_inputs(), INPUT, "tensor(uint8)", card.face.shape)
    _check_value(session.get_outputs(), PROBABILITIES, "tensor(float)", (len(card.labels),))
    _check_value(session.get_outputs(), EMBEDDING, "tensor(float)", (None,))
    for output in card.outputs:
        _check_value(session.get_outputs(), output.name, "tensor(float)", (1,))
    if card.sources:
        given = [value for value in session.get_overridable_initializers() if value.name == PRIORS]
        shape = [len(card.sources), len(card.labels)]
        if [value.shape for value in given] != [shape]:
            raise ModelError(f"it has no input '{PRIORS}' of shape {tuple(shape)}")


def _check_value(
    values: list[ort.NodeArg], name: str, kind: str, shape: tuple[int | None, ...]
) -> None:
    found = next((value for value in values if value.name == name), None)
    if found is None:
        raise ModelError(f"it has no '{name}'")
    sizes = found.shape[1:]
    fits = len(sizes) == len(shape) and all(
        want is None or size == want for size, want in zip(sizes, shape, strict=True)
    )
    if found.type != kind or not fits:
        wanted = ", ".join("D" if size is None else str(size) for size in shape)
        raise ModelError(f"its '{name}' is {found.type} {found.shape}, not {kind} (N, {wanted})")
