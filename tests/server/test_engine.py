"""One engine for all clients: shared batches, separate answers, and a queue that is finished."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.errors import MediaError, ModelError
from mien.inference.media.images import Frame
from mien.inference.pending import PendingResult
from mien.server import limits
from mien.server.engine import Answer, Engine
from mien.server.errors import BusyError, NotFoundError
from mien.server.limits import Metrics
from mien.server.models import ModelChoice, Models
from mien.server.settings import Settings

Find = Callable[[Analyzer], PendingResult]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def engine(settings: Settings, metrics: Metrics) -> Iterator[Engine]:
    engine = Engine(settings, metrics)
    yield engine
    engine.close()


def noise(number: int) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 256, (48, 48, 3), np.uint8)
    return Frame("noise", pixels, number)


def crop(number: int) -> Find:
    return lambda analyzer: analyzer.detect_crop(noise(number))


def all_at_once(engine: Engine, finds: list[Find]) -> list[Answer | BaseException]:
    """Returns the answers for images that are queued before the engine starts."""

    async def ask() -> list[Answer | BaseException]:
        tasks = [asyncio.create_task(engine.analyze(find)) for find in finds]
        await asyncio.sleep(0)
        engine.start()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(ask())


def total(metrics: Metrics, name: str) -> float:
    return metrics.registry.get_sample_value(name) or 0.0


def test_each_client_gets_its_own_answer(engine: Engine, tiny_model: Path) -> None:
    alone = Analyzer(tiny_model)
    answers = all_at_once(engine, [crop(number) for number in range(20)])
    for number, answer in enumerate(answers):
        assert answer.result.frame == number
        expected = alone.analyze_crop(noise(number)).faces[0].probabilities
        np.testing.assert_allclose(answer.result.faces[0].probabilities, expected, atol=1e-6)


def test_faces_of_several_clients_are_classified_in_one_batch(
    engine: Engine, metrics: Metrics, settings: Settings
) -> None:
    all_at_once(engine, [crop(number) for number in range(32)])
    assert total(metrics, "mien_faces_total") == 32
    assert total(metrics, "mien_batch_pictures_sum") == 32
    assert total(metrics, "mien_batch_pictures_count") < 32


def test_no_batch_exceeds_the_settings(settings: Settings, metrics: Metrics) -> None:
    engine = Engine(replace(settings, batch=4), metrics)
    all_at_once(engine, [crop(number) for number in range(32)])
    engine.close()
    assert metrics.registry.get_sample_value("mien_batch_pictures_bucket", {"le": "4.0"}) == (
        total(metrics, "mien_batch_pictures_count")
    )


def test_embeddings_stay_with_their_faces(engine: Engine, shared: Path) -> None:
    photo, analyzer = str(shared / "media" / "five_faces.jpg"), engine.models.get()
    answers = all_at_once(engine, [lambda a: a.detect(photo), crop(1), lambda a: a.detect(photo)])
    crops = analyzer.detect(photo).crops
    alone = analyzer.classifier.predict(crops)
    for answer in (answers[0], answers[2]):
        assert len(answer.base.embeddings) == len(answer.result.faces) == 5
        for face, embedding in zip(answer.result.faces, answer.base.embeddings, strict=True):
            row = np.abs(alone.probabilities - face.probabilities).sum(axis=1).argmin()
            np.testing.assert_allclose(embedding, alone.embeddings[row], rtol=1e-5)


def test_images_beyond_a_full_queue_wait_for_their_turn(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 20)  # however slow the machine is
    answers = all_at_once(engine, [crop(number) for number in range(40)])
    assert [answer.result.frame for answer in answers] == list(range(40))


def test_a_queue_that_stays_full_refuses_with_retry_after(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0)
    answers = all_at_once(engine, [crop(number) for number in range(40)])
    refused = [answer for answer in answers if isinstance(answer, BusyError)]
    assert len(refused) == 8
    assert refused[0].retry_after == 1
    assert "32 images are queued already" in str(refused[0])


def test_live_frames_take_turns_with_a_full_queue_of_images(
    settings: Settings, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # one thread, so that the order is certain
    engine, order = Engine(replace(settings, queue=8, batch=1), metrics), []

    def find(name: str) -> Find:
        def detect(analyzer: Analyzer) -> PendingResult:
            order.append(name)
            return crop(0)(analyzer)

        return detect

    async def ask() -> None:
        images = [asyncio.create_task(engine.analyze(find("image"))) for _ in range(8)]
        await asyncio.sleep(0)
        frames = [asyncio.create_task(engine.analyze_frame(find("frame"))) for _ in range(3)]
        await asyncio.sleep(0)
        engine.start()
        await asyncio.gather(*images, *frames)

    asyncio.run(ask())
    engine.close()
    assert order == ["image", "frame"] * 3 + ["image"] * 5


def test_a_live_frame_is_classified_without_waiting_for_images(
    settings: Settings, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    engine, classified = Engine(settings, metrics), []

    def detect(analyzer: Analyzer) -> PendingResult:
        classified.append(total(metrics, "mien_batch_pictures_count"))
        return crop(0)(analyzer)

    async def ask() -> None:
        frame = asyncio.create_task(engine.analyze_frame(crop(0)))
        await asyncio.sleep(0)
        image = asyncio.create_task(engine.analyze(detect))
        await asyncio.sleep(0)
        engine.start()
        await asyncio.gather(frame, image)

    asyncio.run(ask())
    engine.close()
    assert classified == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_analysis_leaves_the_processor_to_the_servers_other_threads(engine: Engine) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before, seen = niceness(), []

    def detect(analyzer: Analyzer) -> PendingResult:
        seen.append(niceness())
        return crop(0)(analyzer)

    all_at_once(engine, [detect])
    assert niceness() == before
    assert seen[0] > before or before == 19


def test_an_unreadable_image_does_not_affect_the_others_of_its_batch(engine: Engine) -> None:
    def bad(_: Analyzer) -> PendingResult:
        raise MediaError("bad: not an image.")

    def worse(_: Analyzer) -> PendingResult:
        raise ZeroDivisionError

    answers = all_at_once(engine, [crop(0), bad, crop(1), worse, crop(2)])
    kinds = [type(answer) for answer in answers]
    assert kinds == [Answer, MediaError, Answer, ZeroDivisionError, Answer]


def test_an_image_whose_client_has_disconnected_is_not_analyzed(engine: Engine) -> None:
    looked = threading.Event()

    def find(analyzer: Analyzer) -> PendingResult:
        looked.set()
        return crop(0)(analyzer)

    async def leave() -> Answer:
        left = asyncio.create_task(engine.analyze(find))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.sleep(0)
        engine.start()
        return await engine.analyze(crop(1))

    assert asyncio.run(leave()).result.frame == 1
    assert not looked.is_set()


def test_queued_images_are_answered_when_the_engine_closes(
    settings: Settings, metrics: Metrics
) -> None:
    engine = Engine(settings, metrics)

    async def close() -> list[Answer]:
        tasks = [asyncio.create_task(engine.analyze(crop(number))) for number in range(20)]
        await asyncio.sleep(0)
        engine.start()
        await asyncio.to_thread(engine.close)
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(close())) == 20


def test_models_are_chosen_by_name(settings: Settings, metrics: Metrics) -> None:
    engine = Engine(settings, metrics)
    assert engine.models.default == "tiny"
    assert {"tiny", "paper"} <= set(engine.models.names())
    engine.start()

    async def both() -> list[Answer]:
        names = (None, "paper", "tiny", "paper")
        return await asyncio.gather(*(engine.analyze(crop(0), ModelChoice(name)) for name in names))

    answers = asyncio.run(both())
    engine.close()
    assert [answer.model.name for answer in answers] == ["tiny", "paper", "tiny", "paper"]
    assert answers[0].result == answers[2].result != answers[1].result


@pytest.mark.parametrize("name", ["", "..", "../paper", "none"])
def test_a_model_is_never_a_path(settings: Settings, tiny_model: Path, name: str) -> None:
    models = Models(settings.model)
    for asked in (name, str(tiny_model)):
        with pytest.raises(NotFoundError, match="model not found; choose from "):
            models.get(ModelChoice(asked))


def test_a_missing_model_is_an_error_when_the_engine_is_made(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: no such model file"):
        Engine(replace(settings, model="none.onnx"), Metrics())
