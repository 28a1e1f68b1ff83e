"""What Python says of the images: the objects that `mien predict --json` prints."""

from collections.abc import Sequence
from pathlib import Path

from mien.inference.analyzer import Analyzer
from tests.web.parity.compare import Result
from tests.web.parity.sample import CLIP, Photo


def expect_photos(analyzer: Analyzer, photos: Sequence[Photo], folder: Path) -> list[Result]:
    """Analyzes photos as files, which are written to a folder."""
    results = []
    for photo in photos:
        path = folder / photo.name
        path.write_bytes(photo.data)
        analyze = analyzer.analyze_crop if photo.is_crop else analyzer.analyze
        results.append(analyze(path).to_dict())
    return results


def expect_clip(analyzer: Analyzer, shared: Path) -> list[Result]:
    """Analyzes the shared clip, frame by frame."""
    return [result.to_dict() for result in analyzer.stream(shared / CLIP)]
