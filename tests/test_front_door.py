"""What a developer tries in the first hour: snippets that work, and mistakes that are told."""

import asyncio
import base64
import io
import json
import pickle
import subprocess
import sys
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

import mien
from mien import Analyzer, FrameResult, MienError
from tests.website import Quiet, serving

Array = NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo(shared: Path) -> Path:
    """A broad smile."""
    return shared / "media" / "one_face.jpg"


@pytest.fixture(scope="module")
def rgb(photo: Path) -> Array:
    return np.asarray(ImageOps.exif_transpose(Image.open(photo)).convert("RGB"))


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="module")
def expected(analyzer: Analyzer, photo: Path) -> FrameResult:
    return analyzer.analyze(photo)


@pytest.fixture(scope="module")
def site(photo: Path) -> Iterator[str]:
    """A web server with a photo, a page, a redirection to the photo, and nothing else."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/photo.jpg")
                self.end_headers()
                return
            kinds = {"/photo.jpg": "image/jpeg", "/page": "text/html"}
            kind = kinds.get(self.path.partition("?")[0])
            body = photo.read_bytes() if kind == "image/jpeg" else b"<html></html>"
            self.send_response(404 if kind is None else 200)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as address:
        yield address


def smiles(result: FrameResult | MienError) -> bool:
    assert isinstance(result, FrameResult)
    (face,) = result.faces
    return face.emotion == "happy"


# --- 1 to 12: an image, however it is held ------------------------------------------------------


def test_one_line(photo: Path) -> None:
    assert mien.predict(str(photo)).faces[0].emotion == "happy"


def test_a_path(analyzer: Analyzer, photo: Path) -> None:
    assert smiles(analyzer.analyze(photo))


def test_bytes_from_a_web_handler(analyzer: Analyzer, photo: Path, expected: FrameResult) -> None:
    body = photo.read_bytes()
    for content in (body, bytearray(body), memoryview(body)):
        result = analyzer.analyze(content)
        assert result.source == "<bytes>"
        assert result.faces == expected.faces


def test_a_file_and_an_upload(analyzer: Analyzer, photo: Path, expected: FrameResult) -> None:
    with photo.open("rb") as file:
        assert analyzer.analyze(file).faces == expected.faces
    assert analyzer.analyze(io.BytesIO(photo.read_bytes())).faces == expected.faces


def test_a_member_of_a_zip(analyzer: Analyzer, photo: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(photo, "inside.jpg")
    with zipfile.ZipFile(tmp_path / "photos.zip") as archive, archive.open("inside.jpg") as member:
        result = analyzer.analyze(member)
    assert smiles(result)
    assert result.source == "inside.jpg"


def test_an_address(analyzer: Analyzer, site: str, expected: FrameResult) -> None:
    for path in ("/photo.jpg?token=secret", "/moved"):
        result = analyzer.analyze(site + path)
        assert result.faces == expected.faces
        assert "secret" not in result.source


def test_a_pillow_image(analyzer: Analyzer, photo: Path) -> None:
    with Image.open(photo) as image:
        assert smiles(analyzer.analyze(image))


def test_an_rgb_array(analyzer: Analyzer, rgb: Array) -> None:
    assert smiles(analyzer.analyze(rgb))


def test_an_image_of_opencv(analyzer: Analyzer, rgb: Array) -> None:
    bgr = rgb[:, :, ::-1]
    assert analyzer.analyze(bgr, order="bgr") == analyzer.analyze(rgb)
    bgra = np.dstack([bgr, np.full(rgb.shape[:2], 255, np.uint8)])
    assert analyzer.analyze(bgra, order="bgr") == analyzer.analyze(rgb)


def test_transparent_gray_and_deep_arrays(analyzer: Analyzer, rgb: Array) -> None:
    plain = analyzer.analyze(rgb)
    assert analyzer.analyze(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])) == plain
    assert analyzer.analyze(rgb.astype(np.float32) / 255) == plain
    assert analyzer.analyze(rgb.astype(np.int64)) == plain
    assert analyzer.analyze(rgb.astype(np.uint16) * 257) == plain
    gray = rgb.mean(axis=2)
    for image in (gray, gray[..., None], gray.astype(np.uint8)):
        assert smiles(analyzer.analyze(image))


def test_a_tensor_of_another_library(analyzer: Analyzer, rgb: Array) -> None:
    class Tensor:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
            return rgb

    assert smiles(analyzer.analyze(Tensor()))  # type: ignore[arg-type]


def test_a_cropped_face(analyzer: Analyzer, rgb: Array, expected: FrameResult) -> None:
    box = expected.faces[0].box
    cut = rgb[int(box.y) : int(box.bottom), int(box.x) : int(box.right)]
    assert analyzer.analyze_crop(cut[:, :, ::-1], order="bgr").faces[0].emotion == "happy"


# --- 13 to 19: what a result gives ----------------------------------------------------------------


def test_probabilities_by_name_and_by_index(expected: FrameResult) -> None:
    shares = expected.faces[0].probabilities
    assert shares["happy"] == shares[expected.labels.index("happy")] == max(shares)
    assert dict(shares) == dict(shares.items()) == {**shares}
    assert sum(shares) == pytest.approx(1)
    assert "happy" in shares
    assert "bored" not in shares
    assert sorted(shares.items(), key=lambda pair: -pair[1])[0][0] == "happy"


def test_attributes(expected: FrameResult) -> None:
    assert abs(expected.faces[0].attributes["yaw"]) < 45


def test_embeddings(analyzer: Analyzer, photo: Path, expected: FrameResult) -> None:
    result = analyzer.analyze(photo, embeddings=True)
    embedding = result.faces[0].embedding
    assert embedding
    assert json.loads(json.dumps(result.to_dict()))["faces"][0]["embedding"] == list(embedding)
    assert expected.faces[0].embedding is None
    assert "embedding" not in expected.to_dict()["faces"][0]


def test_json(expected: FrameResult) -> None:
    assert json.loads(json.dumps(expected.to_dict()))["faces"][0]["emotion"] == "happy"


def test_pandas(analyzer: Analyzer, photo: Path, shared: Path) -> None:
    pandas = pytest.importorskip("pandas")
    paths = [photo, shared / "media" / "five_faces.jpg", shared / "media" / "no_face_cartoon.jpg"]
    table = pandas.concat([analyzer.analyze(path).to_pandas() for path in paths])
    assert table.groupby("source", sort=False)["emotion"].count().tolist() == [1, 5, 0]
    assert table["raw_happy"].iloc[0] > 0.9


def test_a_plot_and_a_notebook(expected: FrameResult, analyzer: Analyzer, rgb: Array) -> None:
    assert expected.plot().size == (expected.width, expected.height)
    page = expected._repr_html_()
    assert '<img alt="happy"' in page
    assert "<th>surprise</th>" in page
    assert len(page) < 300_000
    assert np.array_equal(analyzer.analyze(rgb).plot(), expected.plot(rgb))


def test_results_travel_between_processes(analyzer: Analyzer, rgb: Array) -> None:
    result = analyzer.analyze(rgb, embeddings=True)
    copy = pickle.loads(pickle.dumps(result))
    assert copy == result
    assert copy.faces[0].probabilities["happy"] == result.faces[0].probabilities["happy"]
    with pytest.raises(MienError, match=r"pass it: plot\(image\)"):
        copy.plot()


# --- 20 to 26: many images, threads, loops, videos ------------------------------------------------


def test_many_images_one_of_which_is_none(
    analyzer: Analyzer, photo: Path, tmp_path: Path, expected: FrameResult
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no image")
    sources = [photo, notes, photo.read_bytes(), tmp_path / "missing.jpg", photo]
    items = list(analyzer.analyze_many(sources, batch=2, embeddings=True))
    assert [isinstance(item, MienError) for item in items] == [False, True, False, True, False]
    assert "notes.txt: not an image" in str(items[1])
    happy = expected.faces[0].probabilities["happy"]
    assert all(
        item.faces[0].probabilities["happy"] == pytest.approx(happy, abs=1e-6)
        for item in items
        if isinstance(item, FrameResult)
    )


def test_a_folder(analyzer: Analyzer, photo: Path, tmp_path: Path) -> None:
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    names = [Path(item.source).name for item in analyzer.analyze_many(tmp_path)]  # type: ignore[union-attr]
    assert names == ["a.jpg", "b.jpg"]


def test_threads_share_one_analyzer(analyzer: Analyzer, shared: Path) -> None:
    paths = [shared / "media" / name for name in ("one_face.jpg", "five_faces.jpg")] * 6
    alone = [analyzer.analyze(path) for path in paths[:2]] * 6
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(Analyzer().analyze, paths)) == alone


def test_asyncio(photo: Path, analyzer: Analyzer) -> None:
    async def serve() -> list[FrameResult]:
        return await asyncio.gather(*(analyzer.aanalyze(photo) for _ in range(3)))

    assert all(map(smiles, asyncio.run(serve())))


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[tuple[float, Array]]:
    """The first second of a man who begins to smile: times and BGR arrays."""
    av = pytest.importorskip("av")
    with av.open(str(shared / "media" / "one_face.mp4")) as video:
        decoded = [
            (frame.time, frame.to_ndarray(format="bgr24")) for frame in video.decode(video=0)
        ]
    return decoded[:40:4]


def test_the_loop_of_opencv(analyzer: Analyzer, frames: list[tuple[float, Array]]) -> None:
    results = list(analyzer.stream(iter(frames), order="bgr"))
    assert [result.time for result in results] == [time for time, _ in frames]
    assert {face.person for result in results for face in result.faces} == {1}
    arrays = [frame for _, frame in frames]
    same = list(analyzer.stream(arrays, fps=7.5, order="bgr", embeddings=True))
    assert [result.faces[0].box for result in same] == [result.faces[0].box for result in results]
    assert same[-1].faces[0].embedding


def test_frames_of_a_socket_and_of_a_video(
    analyzer: Analyzer, frames: list[tuple[float, Array]], shared: Path
) -> None:
    async def arrive() -> AsyncIterator[tuple[float, Array]]:
        for frame in frames:
            await asyncio.sleep(0)
            yield frame

    async def watch() -> tuple[list[FrameResult], int]:
        live = [result async for result in analyzer.astream(arrive(), order="bgr")]
        stream, count = analyzer.astream(shared / "media" / "one_face.mp4"), 0
        async for result in stream:
            count += len(result.faces)
            if result.frame == 3:
                break
        await stream.aclose()
        return live, count

    live, count = asyncio.run(watch())
    assert live == list(analyzer.stream(frames, order="bgr"))
    assert count == 4
    assert not [
        it for it in threading.enumerate() if it.name.startswith("mien-stream") and it.daemon
    ]


def test_importing_mien_loads_next_to_nothing() -> None:
    code = "import sys, mien; print(mien.__version__, *sorted({'numpy', 'PIL'} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert out.split() == [mien.__version__]
    assert {"Analyzer", "predict"} <= set(dir(mien))


# --- warnings -------------------------------------------------------------------------------------


def test_swapped_colors_are_noticed(analyzer: Analyzer, rgb: Array) -> None:
    assert not analyzer.analyze(rgb).warnings
    (warning,) = analyzer.analyze(rgb[:, :, ::-1]).warnings
    assert "order='bgr'" in warning


def test_an_image_on_its_side_is_noticed(analyzer: Analyzer, rgb: Array) -> None:
    (warning,) = analyzer.analyze(np.rot90(rgb)).warnings
    assert "on its side" in warning


def test_a_face_cut_too_tight_is_noticed(
    analyzer: Analyzer, rgb: Array, expected: FrameResult
) -> None:
    box = expected.faces[0].box
    top, left, small = int(box.y), int(box.x), int(0.12 * box.width)
    tight = rgb[
        top + 3 * small : int(box.bottom) - small // 2, left + small : int(box.right) - small
    ]
    warnings = analyzer.analyze(np.ascontiguousarray(tight)).warnings
    assert any("cut too tight" in warning for warning in warnings)


# --- mistakes -------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[Callable[[Analyzer, Array, Path], Any], str]] = {
    "the None of a failed cv2.imread": (lambda it, *_: it.analyze(None), "check the path"),
    "a list": (lambda it, rgb, _: it.analyze([rgb]), "analyze_many"),
    "a camera's number": (lambda it, *_: it.analyze(0), "use stream"),
    "an object": (lambda it, *_: it.analyze(object()), "pass a path, bytes"),
    "channels first": (lambda it, rgb, _: it.analyze(rgb.transpose(2, 0, 1)), "transpose(1, 2, 0)"),
    "a batch": (lambda it, rgb, _: it.analyze(rgb[None]), "analyze_many"),
    "an empty array": (lambda it, rgb, _: it.analyze(rgb[:0]), "check what it was read from"),
    "five channels": (lambda it, *_: it.analyze(np.zeros((9, 9, 5), np.uint8)), "(height, width"),
    "text as an array": (lambda it, *_: it.analyze(np.full((9, 9), "a")), "pass uint8"),
    "a normalized array": (
        lambda it, rgb, _: it.analyze((rgb / 255 - 0.485) / 0.229),
        "undo its normalization",
    ),
    "the text of base64": (
        lambda it, _, photo: it.analyze(base64.b64encode(photo.read_bytes()).decode()),
        "base64.b64decode",
    ),
    "another encoding's bytes": (lambda it, *_: it.analyze(b"%PDF-1.7 ..."), "use JPEG"),
    "no bytes": (lambda it, *_: it.analyze(b""), "copy or save it again"),
    "a file that was read": (
        lambda it, _, photo: it.analyze(_read_to_its_end(photo)),
        "seek(0)",
    ),
    "a file opened as text": (lambda it, *_: it.analyze(io.StringIO("a")), '"rb"'),
    "a missing file": (lambda it, *_: it.analyze("nowhere.jpg"), "check the path"),
    "a folder": (lambda it, _, photo: it.analyze(photo.parent), "analyze_many"),
    "a video": (lambda it, _, photo: it.analyze(photo.parent / "one_face.mp4"), "use stream"),
    "an unknown order": (lambda it, rgb, _: it.analyze(rgb, order="BGR"), "rgb or bgr"),
    "an address of another kind": (
        lambda it, *_: it.analyze("ftp://example.org/photo.jpg"),
        "http",
    ),
    "an unknown label": (
        lambda it, rgb, _: it.analyze(rgb).faces[0].probabilities["happiness"],
        "choose from angry",
    ),
    "an unknown model": (lambda *_: Analyzer("resnet"), "choose a file or one of"),
    "an unknown detector": (lambda *_: Analyzer(detector="retina"), "choose from"),
    "a threshold in percent": (lambda *_: Analyzer(unsure_below=50), "between 0 and 1"),
    "one image as many": (lambda it, rgb, _: list(it.analyze_many(rgb)), "pass a list"),
    "one image as a stream": (lambda it, rgb, _: list(it.stream(rgb)), "pass a list"),
    "bytes as many": (lambda it, *_: list(it.analyze_many(b"abc")), "pass a list"),
    "frames without times": (lambda it, rgb, _: list(it.stream([rgb])), "give fps"),
    "time that goes back": (
        lambda it, rgb, _: list(it.stream([(1.0, rgb), (0.5, rgb)])),
        "in their order",
    ),
}


def _read_to_its_end(photo: Path) -> io.BytesIO:
    file = io.BytesIO(photo.read_bytes())
    file.read()
    return file


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_remedy(name: str, analyzer: Analyzer, rgb: Array, photo: Path) -> None:
    make, remedy = MISTAKES[name]
    with pytest.raises((MienError, ValueError)) as error:
        make(analyzer, rgb, photo)
    assert remedy in str(error.value)
    assert len(str(error.value)) < 200


def test_addresses_without_an_image_are_told(analyzer: Analyzer, site: str) -> None:
    for path, reason in (("/page", "a web page"), ("/nothing", "answers 404")):
        with pytest.raises(MienError, match=reason) as error:
            analyzer.analyze(f"{site}{path}?token=secret")
        assert "secret" not in str(error.value)
    with pytest.raises(MienError, match="cannot be fetched"):
        analyzer.analyze("http://127.0.0.1:9/photo.jpg")
