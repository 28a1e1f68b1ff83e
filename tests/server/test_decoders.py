"""What a decoder does that hangs, dies or swells: one clear error, and the server goes on."""

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from mien.processes import workers as workers_module
from mien.server import decoders, images, videos
from mien.server.errors import UnreadableError
from mien.server.images import read_image
from tests.inference.media.videos import make_video, regular
from tests.server import faulty
from tests.server.conftest import image
from tests.server.store.studio import open_studio, refusal, send_video, wait_for

pytestmark = pytest.mark.slow

linux = pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that have little time of the processor, and any time by the clock."""
    monkeypatch.setattr(workers_module, "_PATIENCE", 1000)
    monkeypatch.setattr(decoders, "_IMAGE_SECONDS", 3.0)
    monkeypatch.setattr(decoders, "_VIDEO_SECONDS", 1.0)
    for workers in (decoders._image_workers, decoders._video_workers):
        workers.cache_clear()
    yield
    for workers in (decoders._image_workers, decoders._video_workers):
        workers().close()
        workers.cache_clear()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faulty.hang, "the decoder took over 3 s"),
        (faulty.die, "the decoder was killed (SIGABRT)"),
        pytest.param(faulty.swell, "takes more than 896 MiB of memory", marks=linux),
    ],
)
def test_an_image_whose_decoder_fails_is_refused_and_the_next_is_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., Any], why: str
) -> None:
    client.post("/v1/analyze", content=image(kind="GIF"))
    with monkeypatch.context() as patch:
        patch.setattr(images, "_decode", fault)
        message = refusal(client.post("/v1/analyze", content=image(kind="GIF")), 422)
    assert why in message
    assert message.endswith("save it again in another format, or make it smaller.")
    assert client.post("/v1/analyze", content=image(kind="JPEG")).status_code == 200
    assert client.post("/v1/analyze", content=image(kind="GIF")).status_code == 200


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faulty.hang_midway, "the decoder took over 1 s"),
        (faulty.die_midway, "the decoder was killed (SIGABRT)"),
        pytest.param(faulty.swell_midway, "takes more than 896 MiB of memory", marks=linux),
    ],
)
def test_a_video_whose_decoder_fails_midway_keeps_its_frames_and_the_next_is_analyzed(
    tmp_path: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., Any],
    why: str,
) -> None:
    video = make_video(tmp_path / "a.mp4", regular(30, 20))
    with open_studio(tmp_path / "studio", tiny_model) as studio:
        with monkeypatch.context() as patch:
            patch.setattr(videos, "read_frames", fault)
            job = wait_for(studio, send_video(studio, video).json()["id"])
        assert (job["status"], job["frames"]) == ("failed", 5)
        assert why in job["message"]
        job = wait_for(studio, send_video(studio, video).json()["id"])
        assert (job["status"], job["frames"]) == ("done", 20)


@pytest.mark.parametrize(
    ("kind", "mode", "here"),
    [
        ("JPEG", "RGB", True),
        ("JPEG", "L", True),
        ("PNG", "RGBA", True),
        ("JPEG", "CMYK", False),
        ("PNG", "I;16", False),
        ("TIFF", "F", False),
        ("GIF", "P", False),
        ("WEBP", "RGB", False),
    ],
)
def test_ordinary_images_alone_are_decoded_in_the_servers_process(
    monkeypatch: pytest.MonkeyPatch, kind: str, mode: str, here: bool
) -> None:
    asked = count_calls(monkeypatch)
    read_image(encode(Image.new(mode, (20, 30)), kind), 10**6)
    assert bool(asked) != here


def test_bytes_of_a_png_that_look_like_scans_are_no_scans(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = count_calls(monkeypatch)
    data = image(600, "PNG")
    assert data.count(b"\xff\xda") > 2
    read_image(data, 10**6)
    assert not asked


def test_large_and_progressive_images_are_decoded_in_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = count_calls(monkeypatch)
    read_image(encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True), 10**6)
    assert len(asked) == 1
    monkeypatch.setattr(images, "_PLAIN_PIXELS", 1000)
    read_image(encode(Image.new("RGB", (64, 64)), "JPEG"), 10**6)
    assert len(asked) == 2


def test_a_jpeg_of_a_thousand_scans_is_refused_before_it_is_decoded() -> None:
    data = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(UnreadableError, match="a JPEG of more than 64 scans; save it again"):
        read_image(data[:-2] + 1000 * scan + data[-2:], 10**6)


def encode(picture: Image.Image, kind: str, **how: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **how)
    return buffer.getvalue()


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Counts the images that are given to a worker, and decodes them here."""
    asked: list[object] = []

    def decode(function: Callable[..., Any], *given: Any) -> Any:
        asked.append(function)
        return function(*given)

    monkeypatch.setattr(images, "decode_image", decode)
    return asked
