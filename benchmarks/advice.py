"""How often an array's swapped colours are told, and how often right ones are suspected.

Usage: python benchmarks/advice.py DATA
DATA is the folder with photos/scenes.parquet. Only photos with colour and a found face count.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mien import Analyzer, FrameResult
from mien.inference.advice import SWAPPED
from mien.inference.media.images import read_frame

GRAY = 3.0  # mean difference of red and blue below which a photo counts as gray


def main() -> None:
    table = pq.read_table(Path(sys.argv[1], "photos", "scenes.parquet"), columns=["image"])
    photos = [read_frame(image).pixels for image in table["image"].to_pylist()]
    photos = [it for it in photos if np.abs(it[..., 0].astype(int) - it[..., 2]).mean() >= GRAY]
    analyzer = Analyzer()
    right = list(analyzer.analyze_many(photos))
    swapped = list(analyzer.analyze_many(photos, order="bgr"))
    kept = [at for at, it in enumerate(right) if isinstance(it, FrameResult) and it.faces]
    for name, results in (("suspected wrongly", right), ("told when swapped", swapped)):
        hits = sum(SWAPPED in results[at].warnings for at in kept)
        print(f"{name}: {hits} of {len(kept)} photos, {hits / len(kept):.1%}")


if __name__ == "__main__":
    main()
