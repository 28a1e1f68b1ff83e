"""The peer `fer` as it ships, on raw RGB images: python fer_peer.py FOLDER, in its environment."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from fer.fer import FER


def main(folder: Path) -> None:
    """Prints the version, then a JSON line for each image; peer.cjs prints the same."""
    detector = FER()
    print(json.dumps({"version": version("fer")}), flush=True)
    for entry in json.loads((folder / "index.json").read_text()):
        raw = np.fromfile(folder / entry["file"], np.uint8)
        pixels = raw.reshape(entry["height"], entry["width"], 3)[..., ::-1].copy()  # fer takes BGR
        started, faces, error = time.perf_counter(), [], None
        try:
            faces = [
                {"box": list(map(float, face["box"])), "scores": dict(face["emotions"])}
                for face in detector.detect_emotions(pixels)
            ]
        except Exception as problem:
            error = repr(problem)
        duration = 1000 * (time.perf_counter() - started)
        line = {"file": entry["file"], "faces": faces, "error": error, "ms": duration}
        print(json.dumps(line, default=float), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
