"""`mien report`, as a user meets it."""

import re
import shutil
from pathlib import Path

import pytest

from mien.cli.report import report
from mien.errors import MediaError, StudyError
from mien.inference.media.sources import open_stream
from mien.inference.records import open_records
from mien.results import Box, Face, FrameResult
from tests.cli.running import make_run

SMILE = (0.05,) * 3 + (0.7,) + (0.05,) * 3


def save_records(path: Path, source: str, times: list[float]) -> Path:
    face = Face(
        box=Box(280, 100, 120, 150), probabilities=SMILE, score=0.99, person=1, smoothed=SMILE
    )
    with open_records(path) as records:
        for number, time in enumerate(times):
            records.write(FrameResult(source, 640, 360, (face,), number, time))
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Runs `mien report`; returns the page, standard output and standard error."""
    return make_run(report, capsys)


@pytest.fixture
def video(shared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(shared / "media" / "one_face.mp4", tmp_path / "talk.mp4"))


def video_times(video: Path, count: int = 40) -> list[float]:
    with open_stream(video) as stream:
        return [frame.time for frame, _ in zip(stream, range(count), strict=False)]


def images(page: Path) -> int:
    return len(re.findall('<img src="data:image/jpeg', page.read_text("utf-8")))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_page_is_written_next_to_the_records(suffix: str, run, tmp_path: Path) -> None:
    records = save_records(tmp_path / f"talk{suffix}", "gone.mp4", [0, 0.1, 0.2])
    out, err = run(records)
    assert out == f"{tmp_path / 'talk.html'}\n"
    assert "gone.mp4: video not found; the page will have no images" in err
    assert err.count("\n") == 1
    assert images(tmp_path / "talk.html") == 0


def test_images_come_from_the_video_named_in_the_records(run, video: Path, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", str(video), video_times(video))
    _, err = run(records)
    assert err == ""
    assert images(tmp_path / "talk.html") == 1


def test_a_video_that_has_moved_is_given_with_source(run, video: Path, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", "elsewhere.mp4", video_times(video))
    page = tmp_path / "été.html"
    assert run(records, "--source", video, "--out", page) == (f"{page}\n", "")
    assert images(page) == 1


def test_another_video_gives_no_wrong_image(run, video: Path, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", str(video), [1000.0, 1000.1])
    run(records)
    assert images(tmp_path / "talk.html") == 0


def test_a_video_that_cannot_be_read_is_a_note(run, tmp_path: Path) -> None:
    video = tmp_path / "bad.mp4"
    video.write_bytes(b"not a video")
    records = save_records(tmp_path / "talk.csv", str(video), [0, 0.1])
    _, err = run(records)
    assert "bad.mp4" in err
    assert "the page will have no images" in err
    assert (tmp_path / "talk.html").exists()


@pytest.mark.parametrize("source", ["0", "", "https://example.org/" + "a" * 5000])
def test_a_camera_or_an_address_gives_no_images(source: str, run, tmp_path: Path) -> None:
    _, err = run(save_records(tmp_path / "talk.csv", source, [0, 0.1]))
    assert "video not found" in err
    assert (tmp_path / "talk.html").exists()


def test_the_records_are_never_overwritten(run, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", "gone.mp4", [0, 0.1])
    before = records.read_bytes()
    with pytest.raises(MediaError, match=r"talk\.csv: a page ends in \.html"):
        run(records, "--out", records)
    assert records.read_bytes() == before


def test_a_missing_file_is_an_error(run, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.csv: cannot be read"):
        run(tmp_path / "none.csv")


def test_empty_records_are_an_error(run, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no row in the records"):
        run(save_records(tmp_path / "talk.csv", "", []))
