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
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image
from rich.progress import track
from sample.canvas import Pixels
from sample.clip import HEIGHT, RATE, SECONDS, WIDTH, clip_frame
from sample.portraits import PORTRAITS, draw_portrait

_OUT = Path(__file__).parents[1] / "src" / "mien" / "server" / "page" / "sample"
_POSTER = 4.4  # the second of the clip that is its still
_CLIPS = {
    "sample.mp4": ("libx264", {"crf": "31", "preset": "slow", "tune": "animation"}),
    "sample.webm": ("libvpx-vp9", {"crf": "50", "b": "0", "deadline": "good", "cpu-used": "3"}),
}


def main() -> None:
    """Writes all files."""
    parser = argparse.ArgumentParser(description="Draws the sample clip and its stills.")
    parser.add_argument("--out", type=Path, default=_OUT, help="the folder to write to")
    parser.add_argument("--processes", type=int, default=2, help="how many draw")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with Pool(arguments.processes) as pool:
        for still, pixels in zip(PORTRAITS, pool.imap(draw_portrait, PORTRAITS), strict=True):
            write_still(out / f"{still.name}.webp", pixels)
        write_still(out / "poster.webp", clip_frame(round(_POSTER * RATE)))
        frames = pool.imap(clip_frame, range(RATE * SECONDS), chunksize=5)
        write_clips(out, track(frames, "drawing", total=RATE * SECONDS))
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:9,} bytes  {path.name}")


def write_still(path: Path, pixels: Pixels) -> None:
    """Writes an image as WebP."""
    Image.fromarray(pixels).save(path, quality=90, method=6)


class Clip:
    """Writes frames to a video that browsers play.

    Args:
        path: of the file; its suffix says the format.
        codec: of the frames.
        options: of the codec.
    """

    def __init__(self, path: Path, codec: str, options: dict[str, str]) -> None:
        # A player that gets the index first can start before it has the rest.
        index = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
        self._container = av.open(str(path), "w", options=index)
        self._stream = self._container.add_stream(codec, RATE, options=options)
        self._stream.width, self._stream.height = WIDTH, HEIGHT
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.colorspace, context.color_range = Colorspace.ITU601, ColorRange.MPEG
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        self._stream.thread_count = 1  # the number of threads changes the file

    def write(self, pixels: Pixels) -> None:
        """Adds a frame: uint8 (HEIGHT, WIDTH, 3), RGB."""
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finishes the file."""
        self._container.mux(self._stream.encode())
        self._container.close()


def write_clips(out: Path, frames: Iterable[Pixels]) -> None:
    """Writes the clip in both formats: some browsers lack H.264, others VP9."""
    clips = [Clip(out / name, codec, options) for name, (codec, options) in _CLIPS.items()]
    for pixels in frames:
        for clip in clips:
            clip.write(pixels)
    for clip in clips:
        clip.close()


if __name__ == "__main__":
    main()
