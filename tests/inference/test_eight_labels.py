"""A model with eight labels, RGB faces of 64x64 pixels and a further output works throughout."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien import Analyzer, FrameResult
from mien.emotions import EMOTIONS
from mien.errors import ModelError
from mien.inference.classifier import Classifier
from mien.inference.crop import FER2013_LANDMARKS, crop_face, resize_crop
from mien.inference.draw import draw
from mien.inference.media.images import read_frame
from mien.inference.model_card import FaceFormat, ModelCard, NamedOutput
from mien.inference.records import open_records, read_records
from tests.conftest import CARD, EIGHT_LABEL_CARD

LABELS = (*EMOTIONS, "contempt")
RGB = FaceFormat(64, "rgb")
VALENCE = NamedOutput("valence", "", "From unpleasant, -1, to pleasant, 1.")
WIDE_CARD = replace(CARD, labels=LABELS, face=RGB, outputs=(VALENCE,))


def build_wide_model(metadata: dict[str, str], valence: str = "valence") -> onnx.ModelProto:
    """Means of the channels, then linear layers."""
    weights = np.random.default_rng(0).normal(0, 0.05, (3, 8)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["faces"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["embedding"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["embedding", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        helper.make_node("MatMul", ["embedding", "column"], [valence]),
    ]
    outputs = {"probabilities": 8, "embedding": 3, valence: 1}
    graph = helper.make_graph(
        nodes,
        "wide",
        [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 64, 64, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
            for name, size in outputs.items()
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.full((3, 1), 1 / 765, np.float32), "column"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, metadata)
    return model


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wide") / "wide.onnx"
    onnx.save(build_wide_model(WIDE_CARD.to_metadata()), path)
    return path


def test_an_eight_label_card_comes_back_as_it_was(wide_model: Path) -> None:
    assert ModelCard.from_metadata(WIDE_CARD.to_metadata()) == WIDE_CARD
    assert Classifier(wide_model).card == WIDE_CARD


def test_an_rgb_crop_is_the_gray_crop_of_each_channel() -> None:
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    landmarks = [(20 + 90 * x, 10 + 95 * y) for x, y in FER2013_LANDMARKS]
    channels = np.moveaxis(image, -1, 0)
    gray = FaceFormat(64, "gray")
    crops = [crop_face(channel, landmarks, gray) for channel in channels]
    np.testing.assert_array_equal(crop_face(image, landmarks, RGB), np.stack(crops, axis=-1))
    crops = [resize_crop(channel, gray) for channel in channels]
    np.testing.assert_array_equal(resize_crop(image, RGB), np.stack(crops, axis=-1))


def test_an_output_of_the_model_is_an_attribute(wide_model: Path, tmp_path: Path) -> None:
    analyzer = Analyzer(wide_model, attributes=())
    assert analyzer.attribute_names == ("valence",)
    result = analyzer.analyze_crop(np.full((64, 64, 3), 51, np.uint8))
    assert result.to_dict()["faces"][0]["attributes"] == {"valence": 0.2}
    path = tmp_path / "a.csv"
    with open_records(path) as records:
        records.write(result)
    found = read_records(path)
    assert found.labels == LABELS
    assert found.attributes["valence"].tolist() == pytest.approx([0.2])


def test_photo_and_video_are_analyzed_and_drawn(wide_model: Path, shared: Path) -> None:
    analyzer = Analyzer(wide_model)
    photo = shared / "media" / "five_faces.jpg"
    result = analyzer.analyze(photo)
    assert len(result.faces) == 5
    assert result.labels == LABELS
    assert {len(face.probabilities) for face in result.faces} == {8}
    pixels = read_frame(photo).pixels
    assert draw(pixels, result).size == (pixels.shape[1], pixels.shape[0])
    frames = list(islice(analyzer.stream(shared / "media" / "one_face.mp4"), 5))
    assert all(len(frame.faces[0].smoothed or ()) == 8 for frame in frames)
    assert set(frames[0].faces[0].attributes) == set(analyzer.attribute_names)


def test_a_photo_has_the_eight_labels_and_the_output(eight_label_model: Path, shared: Path) -> None:
    analyzer = Analyzer(eight_label_model)
    result = analyzer.analyze(shared / "media" / "five_faces.jpg")
    assert len(result.faces) == 5
    check_result(analyzer, result)
    assert len({face.attributes["arousal"] for face in result.faces}) == 5


def test_a_tracked_video_has_the_eight_labels_and_the_output(
    eight_label_model: Path, shared: Path
) -> None:
    analyzer = Analyzer(eight_label_model)
    results = list(islice(analyzer.stream(shared / "media" / "one_face.mp4"), 10))
    assert len(results) == 10
    for result in results:
        check_result(analyzer, result)
        (face,) = result.faces
        assert face.person == 1
        assert sum(face.smoothed or ()) == pytest.approx(1)
        assert set(face.to_dict()["smoothed"]) == set(EIGHT_LABEL_CARD.labels)


def check_result(analyzer: Analyzer, result: FrameResult) -> None:
    assert result.labels == EIGHT_LABEL_CARD.labels
    assert result.attributes == analyzer.attribute_names
    assert result.attributes[-1] == "arousal"
    for face in result.faces:
        assert face.labels == EIGHT_LABEL_CARD.labels
        assert sum(face.probabilities) == pytest.approx(1)
        assert face.emotion in EIGHT_LABEL_CARD.labels
        assert tuple(face.to_dict()["probabilities"]) == EIGHT_LABEL_CARD.labels
        assert 0 <= face.attributes["arousal"] <= 1
        assert set(face.attributes) <= set(result.attributes)


def test_an_output_with_the_name_of_an_attribute_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "yaw.onnx"
    card = replace(WIDE_CARD, outputs=(NamedOutput("yaw", "degrees"),))
    onnx.save(build_wide_model(card.to_metadata(), "yaw"), path)
    with pytest.raises(ModelError, match="its output 'yaw' has the name of an attribute") as caught:
        Analyzer(path)
    assert caught.value.subject == str(path)
    assert Analyzer(path, attributes=()).attribute_names == ("yaw",)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("labels", '["a", "a"]', "it has the label 'a' twice"),
        ("labels", '["a", ""]', "one of its labels is empty"),
        ("labels", '["a", "unsure"]', "its label 'unsure' is reserved"),
        ("labels", '["a"]', "it has 1 labels; use at least two"),
        ("labels", '["a", "b\\n"]', "has a character that cannot be printed"),
        ("labels", '["a", "b"]', r"its 'probabilities' is .*, not tensor\(float\) \(N, 2\)"),
        (
            "face",
            '{"side": 0, "color": "rgb"}',
            "its faces have a side of 0 pixels; use a side of 16 to 512",
        ),
        ("face", '{"side": 64, "color": "blue"}', "unknown color mode 'blue'"),
        ("face", '{"side": 64}', "is not a side and a color"),
        ("outputs", '[{"name": "arousal"}]', "it has no 'arousal'"),
        ("outputs", '[{"name": "valence"}, {"name": "valence"}]', "the output 'valence' twice"),
        ("outputs", '[{"name": "Va lence"}]', "its output 'Va lence' cannot name"),
        ("outputs", "[3]", "is not a list of named outputs"),
        ("contract", "5", "it has version 5 of the contract; this Mien reads 2 to 4"),
    ],
)
def test_a_bad_card_is_one_error_that_names_the_file(
    key: str, value: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.onnx"
    onnx.save(build_wide_model(WIDE_CARD.to_metadata() | {f"mien.{key}": value}), path)
    with pytest.raises(ModelError, match=says) as caught:
        Classifier(path)
    assert caught.value.subject == str(path)
