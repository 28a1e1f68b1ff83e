"""A model of one's own labels: its file, its card, and the comparison with the old model."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from starlette.testclient import TestClient

from mien import Analyzer
from mien.data import DataFormat, FaceDataset
from mien.errors import DataError, TrainingError
from mien.inference.classifier import Classifier
from mien.inference.model_card import PRIORS
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.training.finetuning import learn
from mien.training.finetuning.learn import FineTuned, fine_tune

pytestmark = pytest.mark.slow

COUNT = 240
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def crops(shared: Path) -> FaceDataset:
    """Press faces of many people, as FER2013 labels them."""
    parquet = pytest.importorskip("pyarrow.parquet")
    analyzer = Analyzer("fer2013")
    rows = parquet.read_table(
        shared / "photos" / "faces.parquet", filters=[("usage", "=", "PublicTest")]
    )
    chosen = np.linspace(0, len(rows) - 1, COUNT).astype(int)
    images, labels, people = [], [], []
    for row in rows.take(chosen).to_pylist():
        found = analyzer.detect(row["image"]).crops
        if len(found):
            images.append(found[0])
            labels.append(row["emotion"])
            people.append(row["person"])
    splits = np.array(["Training"] * len(images))
    return FaceDataset(
        np.stack(images), np.array(labels), splits, people=np.array(people), aligned=True
    )


def relabelled(crops: FaceDataset, names: dict[int, str]) -> FaceDataset:
    """The faces of some labels, under other names."""
    kept = crops.take(np.isin(crops.labels, list(names)))
    order = tuple(dict.fromkeys(names.values()))
    labels = np.array([order.index(names[label]) for label in kept.labels.tolist()])
    return replace(kept, labels=labels, format=DataFormat(order, crops.format.face))


@pytest.fixture(scope="module")
def own(crops: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> FineTuned:
    """A model of four labels, two of which its old model does not know."""
    names = {0: "tense", 1: "tense", 3: "happy", 4: "low", 5: "tense", 6: "neutral"}
    out = tmp_path_factory.mktemp("runs") / "mine"
    return fine_tune(Classifier("fer2013"), relabelled(crops, names), out)


def test_a_model_of_four_labels_runs_everywhere(
    own: FineTuned, shared: Path, tmp_path: Path
) -> None:
    assert own.model is not None
    assert own.comparison.gain is None
    result = Analyzer(own.model).analyze(shared / "media" / "one_face.jpg")
    (face,) = result.faces
    assert sorted(result.labels) == ["happy", "low", "neutral", "tense"]
    assert face.emotion == "happy"
    assert sum(face.probabilities) == pytest.approx(1, abs=1e-5)
    settings = Settings(folder=tmp_path, model=str(own.model))
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as studio:
        photo = (shared / "media" / "one_face.jpg").read_bytes()
        (answer,) = studio.post("/v1/analyze", content=photo).json()["faces"]
    assert answer["emotion"] == "happy"
    assert answer["probabilities"] == pytest.approx(dict(face.probabilities), abs=1e-4)


SCRIPT = """
import { readFileSync } from "node:fs";
import { Classifier } from "./web/src/classifier.js";
import { configureRuntime } from "./web/src/onnx.js";

const [model, faces] = process.argv.slice(1).map((path) => new Uint8Array(readFileSync(path)));
configureRuntime({ threads: 1 });
const size = 48 * 48;
const cut = (_, at) => faces.slice(at * size, (at + 1) * size);
const crops = Array.from({ length: faces.length / size }, cut);
const answers = {};
for (const prior of [null, "uniform"]) {
  const classifier = await Classifier.open(model, { name: "mine", prior });
  const { probabilities } = await classifier.predict(crops);
  answers[prior ?? "own"] = { labels: classifier.card.labels, shares: Array.from(probabilities) };
}
console.log(JSON.stringify(answers));
process.exit();
"""


def test_javascript_answers_as_python_does(
    own: FineTuned, crops: FaceDataset, tmp_path: Path
) -> None:
    if shutil.which("node") is None or not (ROOT / "node_modules" / "onnxruntime-web").exists():
        pytest.skip("needs node and the npm package's packages")
    images = crops.images[:12]
    (tmp_path / "faces").write_bytes(images.tobytes())
    command = ["node", "--input-type=module", "-e", SCRIPT, str(own.model), str(tmp_path / "faces")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answers = json.loads(done.stdout)
    for prior, name in ((None, "own"), ("uniform", "uniform")):
        expected = Classifier(own.model, prior=prior)
        shares = np.array(answers[name]["shares"]).reshape(len(images), -1)
        assert tuple(answers[name]["labels"]) == expected.card.labels
        assert np.abs(shares - expected.predict(images).probabilities).max() < 1e-3


def test_its_card_says_what_it_is(own: FineTuned) -> None:
    card = Classifier(own.model).card
    assert card.name == "mine"
    assert card.figures["n"] == own.comparison.n
    assert card.figures["people"] == own.comparison.people > 50
    assert card.figures["class_weights"] == "none"
    assert card.sources[0].faces == own.comparison.n
    assert len(card.prototypes) == 4
    found = json.loads((own.model.parent / "comparison.json").read_text())
    assert found["from"] == "fer2013"
    assert found["accuracy"] == own.comparison.accuracy


def test_the_network_before_the_last_layer_is_unchanged(own: FineTuned, crops: FaceDataset) -> None:
    old, new = Classifier("fer2013"), Classifier(own.model)
    images = crops.images[:20]
    assert np.array_equal(old.predict(images).embeddings, new.predict(images).embeddings)
    onnx.checker.check_model(onnx.load(own.model))


def test_base_rates_can_be_set(own: FineTuned, crops: FaceDataset) -> None:
    plain = Classifier(own.model).predict(crops.images[:20]).probabilities
    flat = Classifier(own.model, prior="uniform").predict(crops.images[:20]).probabilities
    rates = np.array(Classifier(own.model).card.sources[0].base_rates, np.float32)
    expected = plain / rates
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.abs(flat - expected).max() < 1e-5
    assert PRIORS in [value.name for value in onnx.load(own.model).graph.input]


def test_it_can_be_fine_tuned_again(own: FineTuned, crops: FaceDataset, tmp_path: Path) -> None:
    again = fine_tune(Classifier(own.model), relabelled(crops, {3: "glad", 6: "calm"}), tmp_path)
    assert again.model is not None
    assert sorted(Classifier(again.model).card.labels) == ["calm", "glad"]


def test_a_gain_over_the_old_model_is_measured_on_new_people(
    crops: FaceDataset, tmp_path: Path
) -> None:
    names = {1: "disgust", 3: "happy", 4: "sad", 6: "neutral"}
    found = fine_tune(Classifier("fer2013"), relabelled(crops, names), tmp_path / "a")
    it = found.comparison
    assert it.gain == pytest.approx(it.accuracy - it.old_accuracy)
    assert it.gain_interval[0] <= it.gain <= it.gain_interval[1]
    assert it.is_better
    assert found.model is not None


def test_where_no_gain_is_shown_nothing_is_written(crops: FaceDataset, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    same = relabelled(crops, {3: "happy", 6: "neutral"})
    noise = replace(same, labels=rng.permutation(same.labels))
    found = fine_tune(Classifier("small"), noise, tmp_path / "a")
    assert found.model is None
    assert not (tmp_path / "a").exists()


def test_one_that_is_stopped_leaves_nothing_and_can_be_run_again(
    crops: FaceDataset, tmp_path: Path
) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    two = relabelled(crops, {3: "glad", 6: "calm"})
    with pytest.raises(KeyboardInterrupt):
        fine_tune(Classifier("fer2013"), two, tmp_path / "mine", stop)
    assert not (tmp_path / "mine").exists()
    assert fine_tune(Classifier("fer2013"), two, tmp_path / "mine").model is not None


def test_a_model_that_is_there_is_not_overwritten(own: FineTuned, crops: FaceDataset) -> None:
    with pytest.raises(TrainingError, match="there is a model already"):
        fine_tune(Classifier("fer2013"), crops, own.model.parent)


def test_what_nothing_can_be_learned_of_is_refused(crops: FaceDataset, tmp_path: Path) -> None:
    base, two = Classifier("fer2013"), relabelled(crops, {3: "happy", 6: "neutral"})
    one = np.flatnonzero(two.labels == 0)[:1]
    others = np.flatnonzero(two.labels == 1)
    with pytest.raises(DataError, match=r"label '.*' has 1 face to learn from"):
        fine_tune(base, two.take(np.concatenate([one, others])), tmp_path)
    with pytest.raises(DataError, match=r"one person, 'ada'.*mien profile teach"):
        fine_tune(base, replace(two, people=np.full(len(two), "ada")), tmp_path)
    people = np.array(["ada", "bob"] * len(two))[: len(two)]
    with pytest.raises(DataError, match="the faces are of 2 people"):
        fine_tune(base, replace(two, people=people), tmp_path)


def test_nobody_is_on_both_sides_of_a_fold(crops: FaceDataset) -> None:
    groups = learn.people_of(crops)
    for learned, held in learn._folds(crops.labels, groups):
        assert not set(groups[learned]) & set(groups[held])
