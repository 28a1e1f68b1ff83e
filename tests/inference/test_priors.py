"""Base rates by name, file or mapping; wrong ones are refused by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.errors import ModelError
from mien.inference.classifier import Classifier
from mien.inference.priors import named_priors, resolve_prior

FACES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8)
SHARES = {name: float(place + 1) for place, name in enumerate(EMOTIONS)}


def test_names_files_and_mappings_are_one_prior(tmp_path: Path) -> None:
    card = Classifier("paper").card
    assert resolve_prior("fer2013", card) == ("fer2013", card.sources[0].base_rates)
    assert resolve_prior("uniform", card) == ("uniform", (1 / 7,) * 7)
    file = tmp_path / "lab.json"
    file.write_text(json.dumps(SHARES))
    name, shares = resolve_prior(file, card)
    assert name == "lab.json"
    assert shares == resolve_prior(SHARES, card)[1]
    np.testing.assert_allclose(shares, np.arange(1, 8) / 28)


def test_probabilities_follow_bayes_rule() -> None:
    own, other = Classifier("paper"), Classifier("paper", prior=SHARES)
    rates = np.array(own.card.sources[0].base_rates)
    weighed = own.predict(FACES).probabilities * np.arange(1, 8) / 28 / rates
    np.testing.assert_allclose(
        other.predict(FACES).probabilities, weighed / weighed.sum(1, keepdims=True), atol=1e-5
    )


def test_the_learned_prior_changes_nothing() -> None:
    own, same = Classifier("paper"), Classifier("paper", prior="fer2013")
    np.testing.assert_allclose(
        own.predict(FACES).probabilities, same.predict(FACES).probabilities, atol=1e-6
    )


def test_a_label_that_never_occurs_gets_nothing() -> None:
    never = Classifier("paper", prior={**SHARES, "fear": 0}).predict(FACES).probabilities
    assert (never[:, EMOTIONS.index("fear")] == 0).all()
    np.testing.assert_allclose(never.sum(1), 1, rtol=1e-5)


def test_results_and_records_name_the_prior() -> None:
    face = np.zeros((48, 48, 3), np.uint8)
    analyzer = Analyzer("paper", prior="uniform")
    result = analyzer.analyze_crop(face)
    assert result.prior == result.to_dict()["prior"] == "uniform"
    assert "prior" in analyzer.layout.names
    assert dict(zip(analyzer.layout.names, analyzer.layout.to_rows(result)[0], strict=True))[
        "prior"
    ] == ("uniform")
    own = analyzer.with_prior(None)
    assert "prior" not in own.analyze_crop(face).to_dict()
    assert "prior" not in own.layout.names
    assert analyzer.analyze_crop(face).prior == "uniform"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"no such prior, nor a file of one \(not JSON\); choose from fer2013, uniform"),
        ("[1]", "it does not map labels to shares"),
        (json.dumps({"happy": 1}), "it lacks the label 'angry'; add it"),
        (json.dumps({**SHARES, "calm": 1}), "the model has no label 'calm'"),
        (json.dumps({**SHARES, "fear": -1}), "its share of 'fear' is -1; use 0 or more"),
        (json.dumps({**SHARES, "fear": "much"}), "its share of 'fear' is 'much'"),
        (json.dumps({**SHARES, "fear": True}), "its share of 'fear' is True"),
        (json.dumps({**SHARES, "fear": 10**400}), "its share of 'fear' is 1000"),
        (json.dumps({**SHARES, "fear": 1e308}), r"its share of 'fear' is 1e\+308; use 0 or more"),
        (json.dumps({**SHARES, "fear": float("nan")}), "its share of 'fear' is nan"),
        (json.dumps(dict.fromkeys(EMOTIONS, 0)), "all of its shares are 0"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "lab.json"
    file.write_text(content)
    with pytest.raises(ModelError, match=r"lab\.json: " + message):
        Classifier("paper", prior=file)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match="choose from fer2013, uniform, or a JSON file"):
        Analyzer("paper", prior="everyday")


def test_a_model_that_states_no_base_rates_takes_none(tiny_model: Path) -> None:
    assert named_priors(Classifier(tiny_model).card) == ()
    with pytest.raises(ModelError, match="does not say which base rates it learned"):
        Classifier(tiny_model, prior="uniform")
