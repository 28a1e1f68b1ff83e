"""An example or two of each command, which its --help ends with."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "predict": (
        "mien predict photo.jpg --json",
        "mien predict 'photos/**/*.jpg' talk.mp4 --records all.csv",
        "mien predict talk.mp4 --start 1:30 --end 2:00 --fps 5",
        "curl -s https://example.org/photo.jpg | mien predict -",
    ),
    "batch": ("mien batch photos/ interviews/ --out job/",),
    "report": ("mien report talk.csv",),
    "page": ("mien page --out lab.html",),
    "summarize": ("mien summarize P01.csv P02.csv --by person,condition --out summary.html",),
    "baseline": ("mien baseline talk.csv --out corrected.csv",),
    "segments": ("mien segments talk.csv --out segments.csv",),
    "agree": ("mien agree talk.csv anna.eaf ben.eaf",),
    "train": (
        "mien train --from default --data photos.csv",
        "mien train small --data fer2013.csv --epochs 20",
    ),
    "tune": ("mien tune small --data fer2013.csv --trials 40 --out searches/small",),
    "evaluate": ("mien evaluate default --data photos.csv --by person --out report/",),
    "crop": ("mien crop photos/ --out crops/",),
    "export": (
        "mien export runs/small --data fer2013.csv --out mine.onnx",
        "mien export paper --keras paper.keras",
    ),
    "audit": ("mien audit --data photos/ --out found/",),
    "serve": ("mien serve --open", "mien serve --host 0.0.0.0 --token choose-one --https"),
    "send": ("mien send 0 --to mqtt://homeassistant.local/desk --fps 5",),
    "export-bids": ("mien export-bids talk.csv --out bids/",),
    "cite": ("mien cite talk.csv",),
    "people": ("mien people talk.csv 1=Anna 2=Ben",),
    "doctor": ("mien doctor --json",),
}


def epilog(name: str) -> str:
    """Returns the end of a command's help."""
    lines = EXAMPLES[name]
    return "\n\n".join((f"Example{'s' if len(lines) > 1 else ''}:", *lines))
