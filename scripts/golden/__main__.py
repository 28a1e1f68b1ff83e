"""Makes the golden vectors of `tests/golden`.

Usage: python -m scripts.golden [TOPIC ...]
"""

import argparse
import json

from scripts.golden import FOLDER, MAKERS
from scripts.golden.frames import write_frames


def main() -> None:
    """Writes the frames and the files of the topics; of all, unless some are named."""
    parser = argparse.ArgumentParser(description="Makes the golden vectors of tests/golden.")
    parser.add_argument("topics", nargs="*", choices=[[], *MAKERS], metavar="TOPIC")
    topics = parser.parse_args().topics or list(MAKERS)
    write_frames()
    for topic in topics:
        path = FOLDER / f"{topic}.json"
        path.write_text(json.dumps(MAKERS[topic](), separators=(",", ":")) + "\n")
        print(f"{path.stat().st_size:9,} bytes  {path.name}")


if __name__ == "__main__":
    main()
