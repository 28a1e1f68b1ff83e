"""The npm package as its users get it: packed, installed in an empty project, built and typed."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import mien
from tests.web.conftest import BUILT, ROOT, WEB, OpenPage, Site

pytestmark = pytest.mark.slow

VITE = "8.3.8"
CALLS = """
async () => {
  await window.ready;
  const { faces } = await window.mien.analyze("/face.webp");
  return faces.map((face) => face.emotion);
}
"""
TYPED = """
import { Baseline, MediaError, load, type Mien } from "mien";

export async function label(file: File, video: HTMLVideoElement): Promise<string[]> {
  const mien: Mien = await load({ model: "small", unsureBelow: 0.4, prior: { happy: 1 } });
  const { faces } = await mien.analyze(file, { crop: false });
  for await (const result of mien.stream(video, { smoothing: 0.1 })) {
    const person: number | undefined = result.faces[0]?.person;
    if (person !== undefined) await mien.useBaseline(Baseline.fromResults([result], person));
  }
  return faces.map((face): string => face.emotion);
}

export function explain(error: unknown): string {
  return error instanceof MediaError ? error.remedy ?? error.reason : "";
}

// @ts-expect-error: there is no such option
export const wrong = load({ modell: "small" });
"""


def npm(*arguments: str, cwd: Path) -> str:
    """Runs npm; returns what it printed."""
    program = shutil.which("npm")
    if program is None:
        assert "CI" not in os.environ, "CI runs these tests, so it needs npm"
        pytest.skip("needs npm")
    done = subprocess.run(
        [program, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the packed package and Vite installed."""
    folder = tmp_path_factory.mktemp("package")
    packed, project = folder / "mien", folder / "project"
    packed.mkdir()
    for name in ("package.json", "README.md", "LICENSE"):
        shutil.copy(WEB / name, packed / name)
    subprocess.run(["node", "build.mjs", "--dist", packed / "dist"], cwd=WEB, check=True)
    npm("pack", "--silent", "--pack-destination", str(folder), cwd=packed)
    project.mkdir()
    (project / "package.json").write_text('{"private": true, "type": "module"}')
    (tarball,) = folder.glob("*.tgz")
    npm("install", "--no-audit", "--no-fund", str(tarball), f"vite@{VITE}", cwd=project)
    return project


@pytest.fixture(scope="module")
def package_site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Sites of the package: the README's lines by Vite, and as a plain script."""
    source = ROOT / "src" / "mien" / "server" / "page" / "sample" / "ada-happy.webp"
    (project / "public").mkdir()
    shutil.copy(source, project / "public" / "face.webp")
    (project / "main.js").write_text(_example())
    (project / "index.html").write_text(
        '<!doctype html><title>…</title><video muted></video><script type="module" src="/main.js">'
        "</script>"
    )
    subprocess.run([project / "node_modules" / ".bin" / "vite", "build"], cwd=project, check=True)
    site = Site(project / "dist")
    shutil.copytree(project / "node_modules" / "mien" / "dist", site.folder / "mien")
    yield site
    site.close()


def _example() -> str:
    """Returns the README's first lines of code."""
    found = re.search(r"```js\n(.*?)```", (WEB / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_readme_begins_with_ten_lines() -> None:
    assert len([line for line in _example().splitlines() if line]) <= 10


def test_the_readme_runs_under_vite(
    package_site: Site, open_page: OpenPage, camera_clip: Path | None
) -> None:
    page = open_page(f"{package_site.url}/index.html", permissions=["camera"])
    pattern = "(happy|neutral|sad|surprise|fear|angry|disgust) 0" if camera_clip else "No face"
    expect(page).to_have_title(re.compile(pattern))


def test_the_package_runs_as_a_plain_script(package_site: Site, open_page: OpenPage) -> None:
    package_site.write("start.js", "window.ready = mien.load().then((m) => { window.mien = m; });")
    url = package_site.write(
        "plain.html",
        '<!doctype html><title>…</title><script src="/mien/mien.global.js"></script>'
        '<script src="/start.js"></script>',
    )
    assert open_page(url).evaluate(CALLS) == ["happy"]


def test_types_pass_strict(project: Path) -> None:
    (project / "typed.ts").write_text(TYPED)
    options = ("--strict", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler")
    compiler = ROOT / "node_modules" / ".bin" / "tsc"
    command = [compiler, *options, "--target", "es2022", "typed.ts"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout


def test_the_committed_files_are_what_the_sources_give(tmp_path: Path) -> None:
    subprocess.run(["node", "build.mjs", "--built", tmp_path], cwd=WEB, check=True)
    fresh = {path.name: path for path in tmp_path.iterdir()}
    assert set(fresh) == {path.name for path in BUILT.iterdir()}, "run `npm run build -w web`"
    for name, path in fresh.items():
        assert _content(path) == _content(BUILT / name), f"{name}: run `npm run build -w web`"


def _content(path: Path) -> bytes:
    """Returns a file's content, decompressed: versions of zlib compress differently."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def test_the_package_has_the_version_of_python() -> None:
    assert json.loads((WEB / "package.json").read_text())["version"] == mien.__version__
