"""The example pages of experiments, with a camera and without one, yield their data."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from mien.study.summary.figures import PEAK, weighted_mean, weighted_quantile
from mien.study.timeline import usual_interval, weight_records
from tests.server.page.conftest import WAIT
from tests.web.conftest import ROOT, WEB, OpenPage, Site, link_assets

pytestmark = pytest.mark.slow

TEXTS = ("mien_status", "mien_error", "mien_emotion")
START, DECLINE = "Start camera", "Continue without camera"

WATCH = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.cameraStream = await open(wanted));
window.answers = 0;
window.Worker = class extends Worker {
  constructor(...options) {
    super(...options);
    this.addEventListener("message", () => { answers += 1; });
  }
};
"""
UNPLUG = "cameraStream.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
HIDE = """
Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
document.dispatchEvent(new Event("visibilitychange"));
"""


def refuse_camera(error: str) -> str:
    answer = f"throw new DOMException('', '{error}');"
    return f"navigator.mediaDevices.getUserMedia = async () => {{ {answer} }}"


def wait_for_frames(page: Page) -> None:
    """Returns once five more frames are analyzed."""
    before = page.evaluate("answers")
    wait_until(page, f"answers > {before + 5}")


def wait_until(page: Page, expression: str) -> Any:
    """Returns what an expression says once it is true; the page's policy allows no `eval` in it."""
    end = time.monotonic() + WAIT / 1000
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)
    return value


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site as a checkout is one: the examples, the package's files, and jsPsych."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "jspsych").is_dir():
        pytest.skip("needs node and the packages of `npm ci`")
    folder = tmp_path_factory.mktemp("examples")
    link_assets(folder / "web" / "dist")
    build = ["node", str(WEB / "experiments" / "build.js"), str(folder / "web" / "dist")]
    subprocess.run(build, check=True)
    (folder / "web" / "examples").symlink_to(WEB / "examples")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    site = Site(folder)
    site.write("blank.html", "<!doctype html><title>Survey</title>")
    yield site
    site.close()


OpenExample = Callable[..., Page]


@pytest.fixture
def open_example(examples: Site, open_page: OpenPage) -> OpenExample:
    """Opens an example; `script` runs before its own scripts.

    `?policy=none` follows where the framework needs more than Mien: jsPsych's style has a font.
    """

    def open_new(name: str, script: str = WATCH) -> Page:
        page = open_page(f"{examples.url}/blank.html")
        page.add_init_script(script)
        page.goto(f"{examples.url}/web/examples/{name}")
        return page

    return open_new


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def read_data(page: Page) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads(page.locator("pre").inner_text())
    return data


def check_probabilities(columns: dict[str, Any]) -> None:
    """Checks a trial in which the shared clip's face was in view."""
    labels = [name.removeprefix("mien_max_") for name in columns if name.startswith("mien_max_")]
    assert columns["mien_usable_frames"] > 0
    assert columns["mien_emotion"] in labels
    assert sum(columns[f"mien_{label}"] for label in labels) == pytest.approx(1, abs=1e-3)
    assert sum(columns[f"mien_share_{label}"] for label in labels) == pytest.approx(1, abs=1e-3)
    for label in labels:
        assert columns[f"mien_{label}"] <= columns[f"mien_max_{label}"]
        assert columns[f"mien_peak_{label}"] <= columns[f"mien_max_{label}"]


def pass_setup(page: Page) -> None:
    """Goes on whether or not the clip's face is neutral enough for a baseline."""
    click(page, START)
    following = page.get_by_role("button", name="Next").or_(
        page.get_by_role("button", name="Continue")
    )
    expect(following).to_be_visible()
    if "Continue" in following.inner_text():
        following.click()


@pytest.mark.slow
def test_jspsych_trials_have_what_the_face_displayed_and_go_on_when_the_camera_ends(
    open_example: OpenExample, shared: Path
) -> None:
    page = open_example("jspsych/?policy=none")
    pass_setup(page)
    wait_for_frames(page)
    click(page, "Next")
    page.get_by_text("The library opens").wait_for()
    wait_for_frames(page)
    page.evaluate(UNPLUG)
    click(page, "Next")
    setup, first, second = read_data(page)
    assert setup["trial_type"] == "mien-setup"
    assert setup["mien_status"] == "ok"
    assert first["mien_status"] == "ok"
    assert first["extension_type"] == ["mien"]
    check_probabilities(first)
    times = [frame["time"] for frame in first["mien_series"]]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= first["mien_duration_ms"]
    assert first["mien_duration_ms"] == pytest.approx(first["rt"], abs=500)
    assert second["mien_status"] == "ended"
    assert "disconnected" in second["mien_error"]
    assert second["mien_frames"] > 0


@pytest.mark.parametrize(
    ("error", "status", "advice"),
    [
        ("NotAllowedError", "denied", "Allow it in the browser's address bar"),
        ("NotFoundError", "no-camera", "Connect one"),
    ],
)
def test_jspsych_goes_on_without_a_camera_and_the_data_say_why(
    open_example: OpenExample, error: str, status: str, advice: str
) -> None:
    page = open_example("jspsych/?policy=none", refuse_camera(error))
    click(page, START)
    expect(page.get_by_role("status")).to_contain_text(advice)
    click(page, DECLINE)
    click(page, "Next")
    page.get_by_text("The library opens").wait_for()
    click(page, "Next")
    data = read_data(page)
    assert [trial["mien_status"] for trial in data] == [status] * 3
    assert advice in data[1]["mien_error"]
    assert data[0]["mien_baseline"] is False
    assert data[1]["mien_frames"] == 0


def test_psychojs_routines_have_what_the_face_displayed_and_say_when_the_page_was_hidden(
    open_example: OpenExample, shared: Path
) -> None:
    page = open_example("psychojs/")
    expect(page.get_by_role("status")).to_contain_text("neither saved nor sent")
    assert page.evaluate("window.cameraStream") is None
    click(page, START)
    page.get_by_text("Think of").wait_for()
    wait_for_frames(page)
    page.keyboard.press("Space")
    page.get_by_text("Count backwards").wait_for()
    page.evaluate(HIDE)
    page.keyboard.press("Space")
    page.locator("pre").wait_for()
    first, second = read_data(page)
    assert first["text"].startswith("Think of")
    assert first["mien_status"] == "ok"
    check_probabilities(first)
    assert second["mien_status"] == "hidden"
    assert second["mien_hidden_ms"] > 0
    assert page.evaluate("cameraStream.getTracks()[0].readyState") == "ended"


def test_psychojs_participants_may_decline_the_camera(open_example: OpenExample) -> None:
    page = open_example("psychojs/")
    click(page, DECLINE)
    for text in ("Think of", "Count backwards"):
        page.get_by_text(text).wait_for()
        page.keyboard.press("Space")
    page.locator("pre").wait_for()
    assert [entry["mien_status"] for entry in read_data(page)] == ["declined"] * 2
    assert page.evaluate("window.cameraStream") is None


def test_an_experiment_goes_on_where_mien_cannot_be_loaded(open_example: OpenExample) -> None:
    no_worker = "window.Worker = class { constructor() { throw new Error('no workers here'); } };"
    page = open_example("psychojs/", no_worker)
    click(page, START)
    expect(page.get_by_role("status")).to_contain_text("no workers here")
    click(page, DECLINE)
    for text in ("Think of", "Count backwards"):
        page.get_by_text(text).wait_for()
        page.keyboard.press("Space")
    page.locator("pre").wait_for()
    for entry in read_data(page):
        assert entry["mien_status"] == "failed"
        assert "no workers here" in entry["mien_error"]


SIMULATE = """
async () => {
  const { MienExtension, MienSetupPlugin } = await import("/web/dist/jspsych.js");
  const extensions = [{ type: MienExtension }];
  const jsPsych = initJsPsych({ extensions });
  await jsPsych.simulate([{ type: MienSetupPlugin }, { type: MienSetupPlugin, extensions }]);
  return jsPsych.data.get().values();
}
"""


def test_jspsych_simulates_an_experiment_without_a_camera(
    open_page: OpenPage, examples: Site
) -> None:
    page = open_page(f"{examples.url}/blank.html?policy=none")
    page.add_script_tag(url="/node_modules/jspsych/dist/index.browser.min.js")
    setup, recorded = page.evaluate(SIMULATE)
    assert setup["mien_status"] == recorded["mien_status"] == "off"
    assert (setup["mien_baseline"], recorded["mien_frames"]) == (False, 0)


OWN = """
async () => {
  const { load } = await import("/web/dist/mien.js");
  const trial = await import("/web/dist/trial.js");
  const { ExperimentCamera, TrialRecorder, askForCamera, toColumns } = trial;
  const camera = new ExperimentCamera(load());
  await askForCamera(document.body, camera);
  const recorder = new TrialRecorder(camera);
  recorder.start();
  return toColumns(await recorder.stop(), { series: true });
}
"""


def test_a_framework_of_ones_own_records_a_trial(open_page: OpenPage, examples: Site) -> None:
    page = open_page(f"{examples.url}/blank.html")
    page.evaluate(f"window.done = ({OWN})(); null")
    click(page, DECLINE)
    columns = page.evaluate("done")
    assert (columns["mien_status"], columns["mien_series"]) == ("declined", [])


SUMMARIZE = """
import { summarizeTrial } from "./experiments/trial.js";
const [results, trial] = JSON.parse(process.argv[1]);
console.log(JSON.stringify(summarizeTrial(results, trial).summary));
"""


def test_a_trial_is_summarized_as_in_python() -> None:
    random = np.random.default_rng(7)
    steps = random.choice([0.03, 0.05, 0.2, 0.9], 60, p=[0.5, 0.3, 0.15, 0.05])
    times = np.round(np.cumsum(steps), 3)
    rows = np.round(random.dirichlet([1, 1, 1], 60), 6)
    usable = random.random(60) < 0.8
    labels = ["happy", "neutral", "sad"]
    results = [
        make_result(time, dict(zip(labels, row, strict=True)), usable=good)
        for time, row, good in zip(times.tolist(), rows.tolist(), usable.tolist(), strict=True)
    ]
    trial = {"start": 0, "end": 1e6, "labels": labels}
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs node")
    command = [program, "--input-type=module", "-e", SUMMARIZE, json.dumps([results, trial])]
    summary = json.loads(subprocess.run(command, cwd=WEB, check=True, capture_output=True).stdout)

    seconds, _ = weight_records(times, usual_interval(times))
    weights, rows = seconds[usable], rows[usable]
    expected = {
        "mean": weighted_mean(rows, weights),
        "peak": weighted_quantile(rows, weights, PEAK),
        "max": weighted_quantile(rows, weights, 1),
        "share": weighted_mean(np.eye(3)[rows.argmax(axis=1)], weights),
    }
    for name, values in expected.items():
        assert [summary[name][label] for label in labels] == pytest.approx(values, abs=2e-6), name
    assert summary["usableShare"] == pytest.approx(weights.sum() / seconds.sum(), abs=2e-6)


def make_result(time: float, probabilities: dict[str, float], *, usable: bool) -> dict[str, Any]:
    """A result of one face as `mien.stream` yields it, as far as trials need it."""
    emotion = max(probabilities, key=probabilities.__getitem__)
    attributes = {"usable": int(usable)}
    face = {"emotion": emotion, "smoothed": probabilities, "attributes": attributes, "person": 1}
    return {"time": time, "faces": [face]}


def test_the_documentation_has_the_code_that_the_examples_run() -> None:
    documented = (ROOT / "docs" / "experiments.md").read_text()
    example = (WEB / "examples" / "psychojs" / "experiment.js").read_text()
    pieces = re.findall(r"// code_mien: (.+?)\n(.+?) *// end of code_mien", example, re.DOTALL)
    assert len(pieces) == 5
    for name, piece in pieces:
        code = re.sub("^ +", "", piece, flags=re.MULTILINE).replace("../../dist/", "./mien/")
        assert f"// {name}\n{code}" in documented
    (iframe,) = re.findall("<iframe.+", (WEB / "examples" / "qualtrics" / "index.html").read_text())
    assert iframe in documented


def test_a_qualtrics_question_gets_the_summary_as_embedded_data(
    open_example: OpenExample, shared: Path
) -> None:
    page = open_example("qualtrics/")
    page.frame_locator("iframe").get_by_role("button", name=START).click()
    wait_until(page, "Qualtrics.SurveyEngine.fields.mien_usable_frames > 5")
    click(page, "Next")
    fields = json.loads(page.locator("pre").inner_text())
    assert fields["mien_status"] == "ok"
    numbers = {name: text if name in TEXTS else float(text) for name, text in fields.items()}
    check_probabilities(numbers)


EMBED = """
([url, allow]) => {
  window.messages = [];
  const frame = Object.assign(document.createElement("iframe"), { allow, src: url });
  addEventListener("message", ({ data, origin }) => messages.push({ ...data, origin }));
  frame.addEventListener("load", () => {
    window.send = (message) => frame.contentWindow.postMessage(message, new URL(url).origin);
    send({ mien: 1, type: "hello" });
  });
  document.body.append(frame);
}
"""


@pytest.fixture(scope="module")
def host(examples: Site) -> Iterator[Site]:
    """The same files at another origin, where the embed is."""
    site = Site(examples.folder)
    yield site
    site.close()


def open_embed(page: Page, host: Site, origins: str, allow: str = "camera") -> None:
    page.evaluate(EMBED, [f"{host.url}/web/dist/embed.html#origins={origins}", allow])


def wait_for(page: Page, condition: str) -> dict[str, Any]:
    """Returns the first message of the embed that fulfils a condition on `m`."""
    found = wait_until(page, f"messages.find((m) => {condition})")
    assert isinstance(found, dict)
    return found


def test_the_embed_answers_the_pages_that_its_url_names(
    open_page: OpenPage, examples: Site, host: Site
) -> None:
    page = open_page(f"{examples.url}/blank.html?policy=none")
    open_embed(page, host, f"https://survey.example,{examples.url}")
    ready = wait_for(page, "m.type === 'ready'")
    assert ready == {"mien": 1, "type": "ready", "status": "off", "origin": host.url}
    page.frame_locator("iframe").get_by_role("button", name=START).click()
    wait_for(page, "m.type === 'status' && m.status === 'on'")
    page.evaluate("send({ mien: 1, type: 'start', trial: 'a' })")
    progress = wait_for(page, "m.type === 'summary' && m.columns.mien_frames > 0")
    assert (progress["trial"], progress["final"]) == ("a", False)
    page.evaluate("send({ mien: 1, type: 'stop', trial: 'a' })")
    wait_for(page, "m.final")
    page.evaluate("send({ mien: 2, type: 'hello' })")
    assert "send mien: 1" in wait_for(page, "m.type === 'error'")["reason"]
    page.evaluate("send({ mien: 1, type: 'stop', trial: 'b' })")
    assert "'b' is not being recorded" in wait_for(page, "m.reason?.includes(\"'b'\")")["reason"]


def test_the_embed_sends_nothing_to_other_pages(
    open_page: OpenPage, examples: Site, host: Site
) -> None:
    page = open_page(f"{examples.url}/blank.html?policy=none")
    open_embed(page, host, "https://survey.example")
    page.frame_locator("iframe").get_by_role("button", name=DECLINE).click()
    page.frame_locator("iframe").get_by_text("The camera is off.").wait_for()
    page.wait_for_timeout(1200)  # a status is sent each second
    assert page.evaluate("messages") == []


def test_an_embed_without_origins_says_how_to_name_them(
    open_page: OpenPage, examples: Site, host: Site
) -> None:
    page = open_page(f"{host.url}/web/dist/embed.html")
    expect(page.get_by_role("status")).to_contain_text("add #origins=https://")


def test_an_iframe_that_does_not_allow_the_camera_is_denied_it(
    open_page: OpenPage, examples: Site, host: Site
) -> None:
    page = open_page(f"{examples.url}/blank.html?policy=none")
    open_embed(page, host, examples.url, allow="")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name=START).click()
    frame.get_by_role("button", name=DECLINE).click()
    assert wait_for(page, "m.type === 'status' && m.status !== 'off'")["status"] == "denied"
