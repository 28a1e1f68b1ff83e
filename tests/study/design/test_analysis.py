import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mien.emotions import EMOTIONS
from mien.errors import StudyError
from mien.study.design import Results, Share, StudyFolder, estimate_study, plan_study, save_results
from mien.study.design.candidates import Candidates, find_candidates
from mien.study.design.coded import ALL, CODING, MIEN, POWERED, CodedStudy, estimate_group
from mien.study.design.plan import draw
from tests.study.design.studies import code_all, plan_all, save, save_two, truths
from tests.study.summary.studies import probabilities, record

pytestmark = pytest.mark.slow


def rows_of(results: Results, table: str) -> list[dict]:
    found = results.table(table)
    return [dict(zip(found.names, row, strict=True)) for row in found.rows]


def shares(results: Results, label: str, condition: str = "all stretches") -> dict[str, dict]:
    return {
        row["method"]: row
        for row in rows_of(results, "shares")
        if (row["label"], row["condition"]) == (label, condition)
    }


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return plan_all(tmp_path)


def test_all_stretches_coded_give_the_share_itself(study: StudyFolder) -> None:
    codes = truths(study)
    code_all(study, "anna", codes)
    results = estimate_study(study)
    for condition in ("all stretches", "rest", "joy"):
        chosen = [it for it in study.stretches if condition in ("all stretches", it.condition)]
        share = np.mean([codes[it.id] == "happy" for it in chosen])
        found = shares(results, "happy", condition)
        assert found["coding alone"]["share"] == pytest.approx(share)
        assert found["prediction-powered"]["low"] < share < found["prediction-powered"]["high"]
        assert found["coding alone"]["coded"] == found["coding alone"]["stretches"] == len(chosen)
        assert found["coding alone"]["people"] == 2


def test_the_model_alone_is_its_mean_without_an_interval(study: StudyFolder) -> None:
    code_all(study, "anna", dict.fromkeys(range(1, 41), "sad"))
    found = shares(estimate_study(study), "happy")["Mien alone"]
    happy = sum(code == "happy" for code in truths(study).values()) / 40
    assert found["share"] == pytest.approx(0.7 * happy + 0.05 * (1 - happy), abs=1e-5)
    assert math.isnan(found["low"])
    assert found["coded"] == 0


def test_codes_correct_a_model_that_is_wrong(tmp_path: Path) -> None:
    spans = [(1000, "neutral"), (400, "happy")]
    records = save(tmp_path / "talk.csv", spans, name="Anna")
    study = plan_study([records], tmp_path / "study", stretches=100, seed=4)
    # Coders see happy in all that Mien calls happy, and in every fifth of what it calls neutral.
    truth = {
        it.id: "happy" if it.start >= 1000 or it.start % 10 < 2 else "neutral"
        for it in study.stretches
    }
    code_all(study, "anna", truth)
    found = shares(estimate_study(study), "happy")
    share = (200 + 100) / 700
    assert found["Mien alone"]["share"] < 0.25
    powered, alone = found["prediction-powered"], found["coding alone"]
    assert powered["low"] < share < powered["high"]
    assert powered["high"] - powered["low"] < alone["high"] - alone["low"]


def test_contrasts_are_differences_of_shares(study: StudyFolder) -> None:
    code_all(study, "anna", truths(study))
    results = estimate_study(study)
    rows = [it for it in rows_of(results, "contrasts") if it["label"] == "happy"]
    assert {(it["first"], it["second"]) for it in rows} == {("rest", "joy")}
    for row in rows:
        pair = (
            shares(results, "happy", condition)[row["method"]]["share"]
            for condition in ("rest", "joy")
        )
        assert row["difference"] == pytest.approx(next(pair) - next(pair))
        assert row["stretches"] == 40


def test_agreement_is_that_of_scikit_learn(study: StudyFolder) -> None:
    codes = truths(study)
    other = {number: "sad" if number % 3 == 0 else code for number, code in codes.items()}
    del other[1]
    code_all(study, "anna", codes)
    code_all(study, "ben", other | {2: ""})
    pair, *with_mien = rows_of(estimate_study(study), "agreement")
    both = range(3, 41)
    kappa = cohen_kappa_score([codes[it] for it in both], [other[it] for it in both])
    assert (pair["first"], pair["second"], pair["count"]) == ("anna", "ben", 38)
    assert pair["kappa"] == pytest.approx(kappa)
    assert pair["people"] == 2
    assert [(it["first"], it["second"]) for it in with_mien] == [("anna", "Mien"), ("ben", "Mien")]
    assert with_mien[0]["kappa"] == 1


def test_two_coders_count_by_halves(study: StudyFolder) -> None:
    code_all(study, "anna", dict.fromkeys(range(1, 41), "happy"))
    code_all(study, "ben", dict.fromkeys(range(1, 21), "sad"))
    assert shares(estimate_study(study), "happy")["coding alone"]["share"] == pytest.approx(0.75)


def test_what_limits_the_figures_is_noted(tmp_path: Path) -> None:
    records = save(tmp_path / "talk.csv", [(20, "happy")], name="Anna")
    study = plan_study([records], tmp_path / "study")
    code_all(study, "anna", {1: "happy", 2: "happy", 3: ""})
    results = estimate_study(study)
    notes = " ".join(results.notes)
    for told in (
        "8 of 10 stretches have no label",
        "1 codes are 'cannot tell'",
        "one coder (anna)",
        "there is no contrast",
        "one person",
        "2 coded stretches (all stretches) are few",
    ):
        assert told in notes
    assert rows_of(results, "contrasts") == []
    assert math.isnan(rows_of(results, "agreement")[0]["kappa"])


def test_one_code_has_no_interval(study: StudyFolder) -> None:
    study.save_code("anna", 1, "happy")
    found = shares(estimate_study(study), "happy")["prediction-powered"]
    assert found["coded"] == 1
    assert math.isnan(found["low"])


def test_no_code_and_changed_records_give_no_figure(tmp_path: Path) -> None:
    study = plan_all(tmp_path)
    with pytest.raises(StudyError, match="no stretch has a label yet; code some"):
        estimate_study(study)
    study.save_code("anna", 1, "")
    with pytest.raises(StudyError, match="no stretch has a label yet"):
        estimate_study(study)
    study.save_code("anna", 1, "happy")
    (tmp_path / "anna.people.csv").write_text("person,name\n1,Carla\n")
    with pytest.raises(StudyError, match=r"anna\.people\.csv: it changed since the plan"):
        estimate_study(study)


def test_labels_that_the_records_lack_give_no_figure(study: StudyFolder) -> None:
    code_all(study, "anna", truths(study))
    path = study.path / "study.json"
    path.write_text(path.read_text().replace('"fear"', '"awe"'))
    with pytest.raises(StudyError, match=r"study\.json: its labels are not those of the records"):
        estimate_study(StudyFolder.open(study.path))


def test_saved_results_are_plain_json(study: StudyFolder) -> None:
    code_all(study, "anna", truths(study))
    save_results(study, estimate_study(study))
    saved = json.loads((study.path / "results.json").read_text())
    assert saved["tables"]["shares"][0]["low"] is None
    assert saved["codes"].keys() == {"codes/anna.csv"}
    assert len(saved["tables"]["shares"]) == 3 * 7 * 3


def test_the_order_of_the_records_does_not_matter(tmp_path: Path) -> None:
    records = save_two(tmp_path)
    found = []
    for number, paths in enumerate((records, records[::-1])):
        study = plan_study(paths, tmp_path / f"study{number}", minutes=1000)
        code_all(study, "anna", truths(study))
        found.append(shares(estimate_study(study), "happy")["coding alone"]["share"])
    assert found[0] == pytest.approx(found[1])


def simulate(candidates: Candidates, truth: np.ndarray, seed: int) -> dict[str, list[Share]]:
    """One study of 100 stretches, each coded by two coders who err in a tenth of them."""
    options = {"minutes": 20, "stretches": 100, "seconds": 2, "random": 0.5, "seed": seed}
    stretches = draw(candidates, options)
    study = StudyFolder(Path(), candidates.labels, stretches, options, [])
    starts = [it.start for it in candidates.windows]
    places = np.searchsorted(starts, [it.start for it in stretches])
    rng = np.random.default_rng(seed)
    missed = rng.random((2, 100)) < 0.1
    codes = np.where(missed, EMOTIONS.index("neutral"), truth[places])
    order = rng.permutation(100)
    coded = CodedStudy(study, candidates, places, ("anna", "ben"), codes, order)
    return estimate_group(coded, ALL)


@pytest.mark.slow
def test_intervals_hold_in_simulated_studies_of_a_wrong_model() -> None:
    rng = np.random.default_rng(0)
    happy = rng.random(800) < 0.3
    # The model sees half of what coders see as happy, and never sees it elsewhere.
    seen = np.where(happy & (rng.random(800) < 0.5), 0.9, 0.1)
    recording = record("talk.mp4", probabilities(list(np.repeat(seen, 4))), interval=0.5)
    candidates = find_candidates([recording], 2)
    truth = np.where(happy, EMOTIONS.index("happy"), EMOTIONS.index("neutral"))
    share = 0.9 * happy.mean()  # a tenth of it is missed by coders
    found = [simulate(candidates, truth, seed) for seed in range(300)]
    own = {
        method: [shares[method][EMOTIONS.index("happy")] for shares in found]
        for method in (MIEN, CODING, POWERED)
    }
    assert abs(own[MIEN][0].value - share) > 0.03
    assert np.mean([it.value for it in own[POWERED]]) == pytest.approx(share, abs=0.008)
    assert 0.92 <= np.mean([it.low <= share <= it.high for it in own[POWERED]]) <= 0.99
    width = {method: np.mean([it.high - it.low for it in own[method]]) for method in own}
    assert width[POWERED] < 0.85 * width[CODING]
