"""Records, as this program and as others read them."""

import csv
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.inference.attributes import shipped_attributes
from mien.inference.attributes.base import names_of
from mien.inference.records import Layout, Records, open_records, read_records
from mien.inference.records import layout as records_layout
from mien.inference.records import parquet as parquet_format
from mien.inference.records.layout import Column, describe
from mien.inference.records.table import join
from mien.results import Box, Face, FrameResult
from tests.disk import no_file_over

pytestmark = pytest.mark.slow

COLUMNS = Layout().names
CODES = (*EMOTIONS, UNSURE)
SUFFIXES = (".csv", ".jsonl", ".parquet")
any_format = pytest.mark.parametrize("suffix", SUFFIXES)
text_format = pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
quick = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def face(person: int | None = 1, top: float = 0.7, **more: Any) -> Face:
    rest = (1 - top) / 6
    smoothed = None if person is None else (*(0.1,) * 6, 0.4)
    chosen = {"score": 0.98765, "person": person, "smoothed": smoothed, **more}
    probabilities = ((rest,) * 3) + (top,) + (rest,) * 3
    return Face(box=Box(10.04, 20, 48.55, 60), probabilities=probabilities, **chosen)


def talk(frames: int = 4, source: str = "talk.mp4") -> list[FrameResult]:
    """Two people, then one, then none, and again."""
    seen = [(face(1), face(2, 0.5, unsure_below=0.9)), (face(2),), ()]
    return [
        FrameResult(source, 640, 360, seen[at % 3], at, at * 1001 / 30000) for at in range(frames)
    ]


def save(path: Path, results: Sequence[FrameResult]) -> Path:
    with open_records(path) as records:
        for result in results:
            records.write(result)
    return path


def listed(records: Records) -> list[tuple[object, ...]]:
    """Rows to compare, with None where a value is empty."""
    numbers = np.column_stack(
        [records.boxes, records.score, records.confidence, records.raw, records.smoothed]
    )
    return [
        (
            records.source[at],
            int(records.frame[at]),
            float(records.time[at]),
            int(records.person[at]),
            int(records.label[at]),
            *(None if np.isnan(value) else round(float(value), 4) for value in numbers[at]),
        )
        for at in range(len(records))
    ]


finite = st.floats(-1e4, 1e4).map(lambda value: round(value, 2))
seven = st.lists(st.floats(0, 1), min_size=7, max_size=7).map(tuple)
faces = st.builds(
    Face,
    box=st.builds(Box, finite, finite, finite, finite),
    probabilities=seven,
    score=st.none() | st.floats(0, 1),
    person=st.none() | st.integers(0, 10**9),
    smoothed=st.none() | seven,
    unsure_below=st.floats(0, 1),
)
results = st.builds(
    FrameResult,
    st.text(st.characters(exclude_categories=("Cs", "Cc"))),
    st.just(640),
    st.just(360),
    st.lists(faces, max_size=3).map(tuple),
    st.integers(0, 2**53),
    st.floats(-1e5, 1e5),
)


def expected(found: Sequence[FrameResult]) -> Iterator[tuple[object, ...]]:
    for frame in found:
        start = (frame.source, frame.frame, round(frame.time, 6))
        if not frame.faces:
            yield (*start, -1, -1, *(None,) * 20)
        for face in frame.faces:
            box = (face.box.x, face.box.y, face.box.width, face.box.height)
            smoothed = (None,) * 7 if face.smoothed is None else face.smoothed
            person = -1 if face.person is None else face.person
            numbers = (face.score, face.confidence, *face.probabilities, *smoothed)
            yield (*start, person, CODES.index(face.emotion), *box, *numbers)


def assert_same(rows: Sequence[tuple[object, ...]], wanted: Sequence[tuple[object, ...]]) -> None:
    """Equal, but for the digits that are rounded off: pixels to 0.1, the rest to 0.0001."""
    tolerances = [0.06] * 4 + [1e-4] * 16
    assert [row[:5] for row in rows] == [row[:5] for row in wanted]
    for row, other in zip(rows, wanted, strict=True):
        for value, right, tolerance in zip(row[5:], other[5:], tolerances, strict=True):
            assert (value is None) == (right is None)
            assert value == pytest.approx(right, abs=tolerance)


@any_format
@quick
@given(found=st.lists(results, max_size=6))
def test_any_results_come_back(suffix: str, found: list[FrameResult]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = read_records(save(Path(folder, f"a{suffix}"), found))
    assert_same(listed(records), list(expected(found)))


@any_format
def test_many_row_groups_come_back(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_format, "_ROW_GROUP", 7)
    found = talk(100)
    path = save(tmp_path / f"a{suffix}", found)
    assert_same(listed(read_records(path)), list(expected(found)))
    if suffix == ".parquet":
        assert pq.ParquetFile(path).num_row_groups > 10


@any_format
def test_photos_have_no_person_and_nothing_smoothed(suffix: str, tmp_path: Path) -> None:
    photo = FrameResult("a.jpg", 10, 10, (face(None, score=None),))
    records = read_records(save(tmp_path / f"a{suffix}", [photo]))
    assert records.person.tolist() == [-1]
    assert np.isnan(records.smoothed).all()
    assert np.isnan(records.score).all()
    assert CODES[records.label[0]] == "happy"


@any_format
def test_no_results_make_a_readable_file(suffix: str, tmp_path: Path) -> None:
    records = read_records(save(tmp_path / f"a{suffix}", []))
    assert (len(records), records.raw.shape) == (0, (0, 7))


@any_format
def test_a_source_that_would_break_lines_is_escaped(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk(1, 'a\n"\udcff,\0é\u202f.mp4'))
    assert read_records(path).source[0] == 'a\\n"\\udcff,\\x00é\u202f.mp4'


def table(path: Path, program: str) -> "pd.DataFrame":
    """The file as another program reads it, without any advice but its name."""
    kind = path.suffix
    if program == "duckdb":
        with duckdb.connect() as database:
            return database.sql(f"from '{path}'").df()
    if program == "pandas":
        read = {
            ".csv": pd.read_csv,
            ".jsonl": lambda path: pd.read_json(path, lines=True),
            ".parquet": pd.read_parquet,
        }[kind]
        return read(path)
    read = {
        ".csv": pyarrow.csv.read_csv,
        ".jsonl": pyarrow.json.read_json,
        ".parquet": pq.read_table,
    }[kind]
    return read(path).to_pandas()


@any_format
@pytest.mark.parametrize("program", ["pandas", "duckdb", "pyarrow"])
def test_other_programs_read_it(suffix: str, program: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk(3, "Füße, “1”.mp4"))
    found = table(path, program)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 4
    assert found["source"].tolist() == ["Füße, “1”.mp4"] * 4
    assert found["frame"].tolist() == [0, 0, 1, 2]
    assert found["time"].tolist() == pytest.approx([0, 0, 0.033367, 0.066733])
    assert found["person"].tolist()[:3] == [1, 2, 2]
    assert found["emotion"].tolist()[:3] == ["neutral", "unsure", "neutral"]
    assert found["raw_happy"].tolist()[:3] == pytest.approx([0.7, 0.5, 0.7])
    nothing = list(COLUMNS[COLUMNS.index("person") :])
    assert found.loc[3, nothing].map(lambda value: pd.isna(value) or value == "").all()


def test_pandas_may_save_a_file_again(tmp_path: Path) -> None:
    first = save(tmp_path / "a.csv", talk())
    frame = pd.read_csv(first)
    frame["note"] = "mine"
    frame[frame.columns[::-1]].to_csv(
        tmp_path / "b.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )
    frame.to_parquet(tmp_path / "c.parquet")
    for again in ("b.csv", "c.parquet"):
        assert listed(read_records(tmp_path / again)) == listed(read_records(first))


@text_format
def test_each_frame_is_in_the_file_at_once(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    with open_records(path) as records:
        for number, result in enumerate(talk(6)):
            records.write(result)
            assert read_records(path).frame[-1] == number


@text_format
def test_a_kill_at_any_byte_leaves_the_rows_before(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk(3, "é.mp4"))
    whole, rows = path.read_bytes(), listed(read_records(path))
    header = 1 if suffix == ".csv" else 0
    last_line = whole.rindex(b"\n", 0, -1)
    for length in (*range(0, last_line, 7), *range(last_line, len(whole))):
        path.write_bytes(whole[:length])
        lines = whole[:length].count(b"\n")
        assert listed(read_records(path)) == rows[: max(lines - header, 0)]


def test_a_killed_process_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    program = textwrap.dedent(
        f"""
        from itertools import count
        from mien.inference.records import open_records
        from mien.results import Box, Face, FrameResult
        face = Face(box=Box(1, 2, 3, 4), probabilities=(1.0,) + (0.0,) * 6, person=1)
        with open_records({str(path)!r}) as records:
            for number in count():
                records.write(FrameResult("a.mp4", 9, 9, (face, face), number, number / 30))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    while not path.exists() or path.stat().st_size < 100_000:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    records = read_records(path)
    assert len(records) > 100
    assert records.frame.tolist() == [at // 2 for at in range(len(records))]
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines[:-1])


@text_format
def test_a_full_disk_keeps_the_frames_before(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    full = pytest.raises(MediaError, match=r"a\.\w+: the disk is full .* are kept; make room")
    with no_file_over(20_000), full:
        save(path, talk(10_000))
    content = path.read_bytes()
    assert content.endswith(b"\n")
    assert 18_000 < len(content) <= 20_000
    assert read_records(path).frame.tolist() == sorted(read_records(path).frame.tolist())
    rows = read_records(path)
    assert listed(rows) == listed_of(talk(int(rows.frame[-1]) + 1), tmp_path / f"b{suffix}")


def listed_of(results: Sequence[FrameResult], path: Path) -> list[tuple[object, ...]]:
    return listed(read_records(save(path, results)))


def test_a_full_disk_leaves_no_half_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_format, "_ROW_GROUP", 100)
    full = pytest.raises(MediaError, match=r"the disk is full .* write \.csv or \.jsonl")
    with no_file_over(20_000), full:
        save(tmp_path / "a.parquet", talk(10_000))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path: Path) -> None:
    with no_file_over(0), pytest.raises(MediaError, match="the disk is full"):
        save(tmp_path / "a.csv", talk())
    assert list(tmp_path.iterdir()) == []


@any_format
@pytest.mark.parametrize("error", [KeyboardInterrupt(), MediaError("the video is cut off")])
def test_an_interrupted_job_keeps_its_records(
    suffix: str, error: BaseException, tmp_path: Path
) -> None:
    path = tmp_path / f"a{suffix}"

    def work() -> None:
        with open_records(path) as records:
            for result in talk(5):
                records.write(result)
            raise error

    with pytest.raises(type(error)):
        work()
    assert read_records(path).frame[-1] == 4
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("there.csv", "exists already; name another file"),
        ("there.parquet", "exists already; name another file"),
        ("folder.csv", "exists already"),
        ("nowhere/a.csv", "its folder does not exist; create it"),
        ("nowhere/a.parquet", "its folder does not exist; create it"),
        ("there.csv/a.jsonl", "cannot be written (Not a directory)"),
        (f"{'a' * 300}.csv", "cannot be written (File name too long)"),
        ("a.xlsx", "records end in .csv, .jsonl or .parquet; rename"),
        ("a", "records end in .csv, .jsonl or .parquet; rename"),
    ],
)
def test_a_place_that_cannot_be_written(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for there in ("there.csv", "there.parquet"):
        (tmp_path / there).write_text("mine")
    with pytest.raises(MediaError) as caught:
        save(tmp_path / name, talk())
    assert str(tmp_path / name) in str(caught.value)
    assert says in str(caught.value)
    assert (tmp_path / "there.csv").read_text() == "mine"


@any_format
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(suffix: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(MediaError, match="cannot be written"):
        save(tmp_path / f"a{suffix}", talk())


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, parquet_format.__name__)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delattr("mien.inference.records.parquet")
    with pytest.raises(MediaError, match=r"pip install 'mien\[parquet\]'"):
        open_records(tmp_path / "a.parquet")
    assert len(read_records(save(tmp_path / "a.csv", talk()))) == 6


def spoil_csv(path: Path, column: str, value: str) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    rows[3][rows[0].index(column)] = value
    path.write_text("".join(",".join(row) + "\n" for row in rows))


def spoil_jsonl(path: Path, column: str, value: object) -> None:
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[2][column] = value
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", "now"),
        ("time", ""),
        ("frame", "1.5"),
        ("frame", "-1"),
        ("person", "0.5"),
        ("x", "inf"),
        ("emotion", "bored"),
        ("raw_fear", ""),
        ("smoothed_fear", ""),
    ],
)
def test_a_bad_value_is_named_by_row_and_column(column: str, value: str, tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", talk())
    spoil_csv(path, column, value)
    with pytest.raises(MediaError, match=rf"a\.csv, row 3, column '{column}'"):
        read_records(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", "0.1"),
        ("time", True),
        ("x", 10**400),
        ("source", 3),
        ("emotion", None),
        ("emotion", 3),
    ],
)
def test_a_bad_json_value_is_named(column: str, value: object, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", talk())
    spoil_jsonl(path, column, value)
    with pytest.raises(MediaError, match=r"a\.jsonl, row 3, column '"):
        read_records(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"emotion,pixels,Usage\n", "no column 'source'"),
        ("a.csv", b"nonsense", "it holds no records"),
        ("a.csv", b"\xff\xfe\n", "not UTF-8"),
        ("a.csv", b"HEADER\ntalk.mp4,1\n", "row 1: it has 2 fields, not 26"),
        ("a.csv", b'HEADER\n"a"b,1\n', "not a line of CSV"),
        ("a.jsonl", b"{}\n", "row 1, column 'source': it is not there"),
        ("a.jsonl", b"nonsense\n", "row 1: not a JSON object"),
        ("a.jsonl", b"[1]\n", "row 1: not a JSON object"),
        ("a.jsonl", b"[" * 2**16 + b"\n", "row 1: not a JSON object"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("missing.csv", None, "cannot be read (No such file or directory)"),
        ("missing.parquet", None, "cannot be read as Parquet"),
        ("a.txt", b"", "records end in .csv"),
    ],
)
def test_what_are_no_records(name: str, content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        content = content.replace(b"HEADER", ",".join(COLUMNS).encode())
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError) as caught:
        read_records(tmp_path / name)
    assert name in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parquet_of_another_kind_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(MediaError, match="no column 'source'"):
        read_records(tmp_path / "a.parquet")
    frame = pd.read_parquet(save(tmp_path / "b.parquet", talk())).assign(time="now")
    frame.to_parquet(tmp_path / "c.parquet")
    with pytest.raises(MediaError, match="column 'time': no numbers"):
        read_records(tmp_path / "c.parquet")


def test_the_documented_table_is_the_layout() -> None:
    text = (Path(__file__).parents[2] / "docs" / "records.md").read_text("utf-8")
    names = names_of([item for it in shipped_attributes() for item in it.quantities])
    assert describe(Layout(attributes=names)) in text


def test_the_columns_are_the_documented_ones() -> None:
    text = (Path(__file__).parents[2] / "docs" / "records.md").read_text("utf-8")
    assert COLUMNS[:4] == ("source", "frame", "time", "person")
    assert COLUMNS[-8:] == (*(f"smoothed_{name}" for name in EMOTIONS), "clock")
    assert all(f"`{name}`" in text for name in COLUMNS)


label = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=8)
label = label.filter(lambda text: text.strip() != "" and text != UNSURE)
quantity = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
number = st.floats(-1e4, 1e4).map(lambda value: round(value, 3))


@st.composite
def open_results(draw: st.DrawFn) -> list[FrameResult]:
    """Frames of one model with any labels and attributes."""
    labels = tuple(draw(st.lists(label, min_size=2, max_size=9, unique=True)))
    names = tuple(draw(st.lists(quantity, max_size=4, unique=True)))
    probabilities = st.lists(st.floats(0, 1), min_size=len(labels), max_size=len(labels)).map(tuple)
    some_face = st.builds(
        Face,
        box=st.builds(Box, finite, finite, finite, finite),
        probabilities=probabilities,
        labels=st.just(labels),
        smoothed=st.none() | probabilities,
        attributes=st.fixed_dictionaries({}, optional=dict.fromkeys(names, number)),
    )
    frames = st.lists(st.lists(some_face, max_size=3).map(tuple), min_size=1, max_size=4)
    return [
        FrameResult("a", 9, 9, frame, at, at / 30, labels, names)
        for at, frame in enumerate(draw(frames))
    ]


@any_format
@quick
@given(found=open_results())
def test_any_labels_and_attributes_come_back(suffix: str, found: list[FrameResult]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = read_records(save(Path(folder, f"a{suffix}"), found))
    labels, names = found[0].labels, found[0].attributes
    rows = [face for frame in found for face in frame.faces or (None,)]
    assert set(records.labels) == set(labels)
    assert set(records.attributes) == set(names)
    assert list(records.extra) == ["clock"]
    for at, face in enumerate(rows):
        code = records.label[at]
        assert (None if code < 0 else records.codes[code]) == (face and face.emotion)
        values = {label: records.raw[at, column] for column, label in enumerate(records.labels)}
        expected_values = face.probabilities if face else (np.nan,) * len(labels)
        for label, value in zip(labels, expected_values, strict=True):
            assert values[label] == pytest.approx(value, abs=1e-5, nan_ok=True)
        for name in names:
            value = face.attributes.get(name, np.nan) if face else np.nan
            found_value = float(records.attributes[name][at])
            assert found_value == pytest.approx(value, rel=1e-5, abs=1e-3, nan_ok=True)


def edit(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """Changes the columns of a file, whatever its format."""
    match path.suffix:
        case ".csv":
            change(pd.read_csv(path)).to_csv(path, index=False)
        case ".jsonl":
            frame = change(pd.read_json(path, lines=True))
            path.write_text(frame.to_json(orient="records", lines=True))
        case _:
            change(pd.read_parquet(path)).to_parquet(path)
    return path


@any_format
def test_absent_optional_columns_read_as_empty(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk())
    whole = read_records(path)
    edit(path, lambda frame: frame.drop(columns=["score", "person", "confidence"]))
    records = read_records(path)
    assert np.isnan(records.score).all()
    assert (records.person == -1).all()
    np.testing.assert_allclose(records.confidence, whole.confidence)


@any_format
def test_unknown_columns_are_carried_through(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk())
    records = read_records(edit(path, lambda frame: frame.assign(note=["é", None] * 3)))
    assert records.extra["note"].tolist() == ["é", None] * 3
    assert records.take(np.array([0, 2])).extra["note"].tolist() == ["é", "é"]


def test_json_values_of_unknown_columns_are_kept(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", talk(1))
    objects = [json.loads(line) for line in path.read_text().splitlines()]
    values = [0, [1, 2]]
    path.write_text(
        "".join(
            json.dumps(item | {"note": value}) + "\n"
            for item, value in zip(objects, values, strict=True)
        )
    )
    assert read_records(path).extra["note"].tolist() == values


def test_csv_with_duplicate_columns_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", talk())
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},time", *(f"{row},1" for row in rows), ""]))
    with pytest.raises(MediaError, match=r"a\.csv: it has 2 columns 'time'; rename or remove"):
        read_records(path)


@any_format
def test_an_attribute_that_is_text_is_refused(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk())
    edit(path, lambda frame: frame.assign(attribute_yaw="left"))
    with pytest.raises(MediaError, match=r"column 'attribute_yaw'"):
        read_records(path)


@any_format
def test_a_file_of_a_later_version_is_refused(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", talk())
    edit(path, lambda frame: frame.assign(records_version=2))
    with pytest.raises(MediaError, match=r"written by a newer Mien.*update Mien"):
        read_records(path)


def test_parquet_metadata_of_a_later_version_is_refused(tmp_path: Path) -> None:
    data = pq.read_table(save(tmp_path / "a.parquet", talk()))
    path = tmp_path / "b.parquet"
    pq.write_table(data.replace_schema_metadata({"mien.records_version": "2"}), path)
    with pytest.raises(MediaError, match="written by a newer Mien"):
        read_records(path)


def test_a_header_cut_off_by_a_kill_reads_as_empty_for_any_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    header = ",".join(Layout(("pain", "no pain"), ("yaw",)).names)
    for length in range(len(header)):
        path.write_text(header[:length])
        assert len(read_records(path)) == 0


@any_format
def test_a_new_column_is_one_edit_of_the_layout(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = save(tmp_path / f"old{suffix}", talk())
    columns = records_layout._columns

    def wider(layout: Layout) -> tuple[Column, ...]:
        area = Column(
            "area", "number", "of the box", "no face; old", of_face=lambda face: face.box.width * 2
        )
        return (*columns(layout), area)

    monkeypatch.setattr(records_layout, "_columns", wider)
    assert np.isnan(read_records(old).extra["area"]).all()
    records = read_records(save(tmp_path / f"new{suffix}", talk()))
    np.testing.assert_allclose(records.extra["area"], [97.1] * 3 + [np.nan, 97.1, 97.1], rtol=1e-5)
    assert "`area`" in describe(Layout())


PAIN = Layout(("pain", "no pain"), ("yaw",))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_rows_keeps_its_labels_attributes_and_extra_columns(
    suffix: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame({name: [] for name in (*PAIN.names, "ward")})
    path = tmp_path / f"a{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    records = read_records(path)
    assert (len(records), records.labels) == (0, PAIN.labels)
    assert records.raw.shape == records.smoothed.shape == (0, 2)
    assert (list(records.attributes), list(records.extra)) == (["yaw"], ["clock", "ward"])


def test_json_lines_without_rows_have_the_default_labels(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    records = read_records(tmp_path / "a.jsonl")
    assert (len(records), records.labels, records.attributes) == (0, EMOTIONS, {})


def test_joining_no_parts_gives_a_table_of_the_layout_without_rows() -> None:
    records = join([], PAIN)
    assert (len(records), records.labels, list(records.attributes)) == (0, PAIN.labels, ["yaw"])
    assert (records.boxes.shape, records.raw.shape) == ((0, 4), (0, 2))
    assert join([]).labels == EMOTIONS


def test_joined_tables_without_rows_keep_their_columns() -> None:
    records = join([Records.empty(PAIN), Records.empty(PAIN)])
    assert (len(records), records.labels, list(records.attributes)) == (0, PAIN.labels, ["yaw"])


def test_a_layout_can_be_pickled_after_its_columns_were_used() -> None:
    assert PAIN.columns
    copy = pickle.loads(pickle.dumps(PAIN))
    assert copy == PAIN
    assert copy.names == PAIN.names


@any_format
def test_an_absent_optional_column_of_text_reads_as_none(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = save(tmp_path / f"old{suffix}", talk())
    columns = records_layout._columns

    def wider(layout: Layout) -> tuple[Column, ...]:
        ward = Column("ward", "text", "of the hospital", "no face; old", of_face=lambda _: "A")
        return (*columns(layout), ward)

    monkeypatch.setattr(records_layout, "_columns", wider)
    assert set(read_records(old).extra["ward"]) == {None}
    records = read_records(save(tmp_path / f"new{suffix}", talk()))
    assert {value or None for value in records.extra["ward"]} == {"A", None}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_frames_has_the_columns_of_its_layout(suffix: str, tmp_path: Path) -> None:
    with open_records(tmp_path / f"a{suffix}", PAIN):
        pass
    records = read_records(tmp_path / f"a{suffix}")
    assert (len(records), records.labels, list(records.attributes)) == (0, PAIN.labels, ["yaw"])


moments = st.none() | st.floats(0, 4e9).map(lambda seconds: round(seconds, 3))


@any_format
@quick
@given(clocks=st.lists(moments, min_size=1, max_size=4))
def test_clocks_come_back_to_the_millisecond(suffix: str, clocks: list[float | None]) -> None:
    found = [
        FrameResult("0", 9, 9, (face(),), at, float(at), clock=clock)
        for at, clock in enumerate(clocks)
    ]
    with tempfile.TemporaryDirectory() as folder:
        records = read_records(save(Path(folder, f"a{suffix}"), found))
    wanted = [np.nan if clock is None else clock for clock in clocks]
    np.testing.assert_allclose(records.clock, wanted, atol=1e-3, rtol=0)
    assert [text is None for text in records.extra["clock"]] == [at is None for at in clocks]


def test_pandas_reads_clocks_as_times_in_utc(tmp_path: Path) -> None:
    frame = FrameResult("0", 9, 9, (), clock=1795751892.3454)
    rows = pd.read_csv(save(tmp_path / "a.csv", [frame]), parse_dates=["clock"])
    assert rows["clock"][0] == pd.Timestamp("2026-11-27 03:58:12.345", tz="UTC")


@any_format
def test_a_file_without_clocks_opens_and_has_none(suffix: str, tmp_path: Path) -> None:
    path = edit(save(tmp_path / f"a{suffix}", talk()), lambda rows: rows.drop(columns="clock"))
    records = read_records(path)
    assert "clock" not in records.extra
    assert np.isnan(records.clock).all()


@pytest.mark.parametrize("text", ["2026-11-27T03:58:12", "noon"])
def test_a_clock_without_a_time_zone_names_its_row(text: str, tmp_path: Path) -> None:
    path = edit(save(tmp_path / "a.csv", talk(1)), lambda rows: rows.assign(clock=text))
    with pytest.raises(MediaError, match=rf"row 1, column 'clock': '{text}'"):
        _ = read_records(path).clock
