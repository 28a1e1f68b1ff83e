"""One analyzer gives the same results in threads, in other processes and in an event loop."""

import asyncio
import multiprocessing
import os
import pickle
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import Analyzer, FrameResult
from mien.errors import ModelError
from mien.inference.classifier import Classifier
from mien.inference.onnx import open_session

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "frames"
IMAGES = [GOLDEN / f"{name}.png" for name in ("cut", "portrait-ada", "portrait-ben", "one")]


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="module")
def serial(analyzer: Analyzer) -> list[FrameResult]:
    results = [analyzer.analyze(path) for path in IMAGES]
    assert any(result.faces for result in results)
    return results


def test_eight_threads_give_what_one_gives(analyzer: Analyzer, serial: list[FrameResult]) -> None:
    start = threading.Barrier(8)

    def work(_: int) -> list[FrameResult]:
        start.wait()
        return [analyzer.analyze(path) for path in IMAGES]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [serial] * 8


def test_tasks_of_an_event_loop_give_what_one_thread_gives(
    analyzer: Analyzer, serial: list[FrameResult]
) -> None:
    async def run() -> list[FrameResult]:
        return await asyncio.gather(*(analyzer.aanalyze(path) for path in IMAGES * 2))

    assert asyncio.run(run()) == serial * 2


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_processes_give_what_one_gives(
    analyzer: Analyzer, serial: list[FrameResult], method: str
) -> None:
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(analyzer.analyze, IMAGES, 1).get(120) == serial


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_while_other_threads_analyze_gives_the_same_and_does_not_hang() -> None:
    classifier = Classifier(threads=2)
    faces = np.random.default_rng(0).integers(0, 256, (16, *classifier.card.face.shape), np.uint8)
    expected, ended = classifier.predict(faces).probabilities, threading.Event()

    def work() -> None:
        while not ended.is_set():
            classifier.predict(faces)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                signal.alarm(120)  # a child that hangs is ended by the signal
                same = np.array_equal(classifier.predict(faces).probabilities, expected)
                os._exit(0 if same else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_opens_each_network_again_and_its_parent_does_not(
    tiny_model: Path,
) -> None:
    network = open_session(tiny_model)
    before = network.session
    child = os.fork()
    if child == 0:
        os._exit(0 if network.session is not before else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert network.session is before


def test_an_analyzer_is_pickled_with_its_options(tiny_model: Path) -> None:
    analyzer = Analyzer(tiny_model, detector="mtcnn", unsure_below=0.9, min_face=3)
    image = np.asarray(Image.open(IMAGES[0]).convert("RGB"))
    assert pickle.loads(pickle.dumps(analyzer)).analyze(image) == analyzer.analyze(image)


def test_a_model_that_is_gone_is_an_error_in_another_process(tmp_path: Path) -> None:
    content = Classifier().path.read_bytes()
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    pickled = pickle.dumps(Classifier(path))
    path.unlink()
    with pytest.raises(ModelError, match=r"model\.onnx: cannot be opened"):
        pickle.loads(pickled)
