"""Draws the sample that Studio plays and analyzes: a clip, its poster and six portraits.

Usage: python scripts/make_sample.py [--out FOLDER] [--processes N]

`scripts/sample` draws the people by formulas: no photo and no data set is read. The frames are
the same each time; the files are, too, with the same versions of PyAV and Pillow.
"""

import argparse
from collections.abc import Iterable
from multiprocessing import Pool
from pathlib import Path

import av
from PIL import Image
from rich.progress import track
from sample.scene import (
    HEIGHT,
    PORTRAITS,
    POSTER,
    RATE,
    SECONDS,
    WIDTH,
    Pixels,
    clip_frame,
    portrait,
)

_OUT = Path(__file__).parents[1] / "src" / "mien" / "server" / "page" / "sample"
_QUALITY = {"crf": "25", "preset": "veryslow", "tune": "animation"}


def main() -> None:
    """Writes all files."""
    parser = argparse.ArgumentParser(description="Draws the sample clip and its stills.")
    parser.add_argument("--out", type=Path, default=_OUT, help="the folder to write to")
    parser.add_argument("--processes", type=int, default=2, help="how many draw")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with Pool(arguments.processes) as pool:
        for still, pixels in zip(PORTRAITS, pool.imap(portrait, PORTRAITS), strict=True):
            write_still(out / f"{still.name}.webp", pixels)
        write_still(out / "poster.webp", clip_frame(round(POSTER * RATE)))
        frames = pool.imap(clip_frame, range(RATE * SECONDS), chunksize=5)
        write_clip(out / "sample.mp4", track(frames, "drawing", total=RATE * SECONDS))
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:9,} bytes  {path.name}")


def write_still(path: Path, pixels: Pixels) -> None:
    """Writes an image as WebP."""
    Image.fromarray(pixels).save(path, quality=82, method=6)


def write_clip(path: Path, frames: Iterable[Pixels]) -> None:
    """Writes frames as a video that browsers play: H.264, its index first."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", RATE, options=_QUALITY)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.thread_count = 1  # the number of threads changes the file
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
