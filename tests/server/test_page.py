"""Studio's page as a browser is served it: its own files, and nothing else of this machine."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mien.design import design_files

PAGE = Path(str(files("mien.server").joinpath("page")))
ENDINGS = {"html", "js", "css", "svg", "woff2", "mp4", "webm", "webp"}
FILES = {
    **{path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.is_file()},
    **{f"design/{name}": Path(str(entry)) for name, entry in design_files().items()},
}
NAMES = sorted(name for name in FILES if name.rpartition(".")[2] in ENDINGS)


def test_the_page_is_the_index(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.content == (PAGE / "index.html").read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("js", "text/javascript"),
        ("css", "text/css"),
        ("svg", "image/svg+xml"),
        ("woff2", "font/woff2"),
        ("webp", "image/webp"),
        ("mp4", "video/mp4"),
    ],
)
def test_every_file_is_served_as_what_it_is(client: TestClient, ending: str, kind: str) -> None:
    names = [name for name in NAMES if name.endswith(f".{ending}")]
    assert names
    for name in names:
        answer = client.get(f"/page/{name}")
        assert answer.content == FILES[name].read_bytes()
        assert answer.headers["content-type"].partition(";")[0] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_made_of_nothing_else() -> None:
    assert {name.rpartition(".")[2] for name in FILES} - {"md"} == ENDINGS


def test_what_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/page/js/app.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/page/js/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/page/js/api.js", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["js", "js/", "js/../../app.py", "..%2fapp.py", "%2fetc/passwd", "//etc/passwd", "js%5capp.js"],
)
def test_no_name_reaches_another_file(client: TestClient, path: str) -> None:
    answer = client.get(f"/page/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@given(st.text(max_size=40))
def test_any_name_is_one_of_the_page_or_is_not_there(client: TestClient, name: str) -> None:
    answer = client.get("/page/" + "".join(f"%{byte:02x}" for byte in name.encode("utf-8")))
    assert answer.status_code == (200 if name in NAMES else 404)
