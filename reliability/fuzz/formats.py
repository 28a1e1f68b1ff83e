"""The table of formats: their seeds, their mutations, and what reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mien.study.events import FORMATS as EVENT_FORMATS
from reliability.fuzz.mutations import Mutation
from reliability.fuzz.mutations.boxes import BOXES, ELEMENTS, FIELDS
from reliability.fuzz.mutations.databases import mutate_bytes, mutate_pages, mutate_rows
from reliability.fuzz.mutations.images import (
    JPEG,
    PNG,
    RIFF,
    HeaderMutation,
    mutate_tiff,
    resize_png,
)
from reliability.fuzz.mutations.raw import mutate_raw
from reliability.fuzz.mutations.requests import FRAMES, mutate_request
from reliability.fuzz.mutations.sealed import (
    ZipMutation,
    mutate_columns,
    mutate_footer,
    mutate_profile,
)
from reliability.fuzz.mutations.text import mutate_json, mutate_json_lines, mutate_text
from reliability.fuzz.mutations.tree import TreeMutation
from reliability.fuzz.seeds import (
    Seeds,
    databases,
    events,
    images,
    models,
    requests,
    tables,
    videos,
)
from reliability.fuzz.targets import databases as opened
from reliability.fuzz.targets import files as read
from reliability.fuzz.targets import server


@dataclass(frozen=True, slots=True)
class Format:
    """One format of inputs.

    Attributes:
        seeds: returns valid inputs.
        mutations: from which one is chosen for each step.
        target: reads the file at a path.
        share: how many of its inputs there are beside those of other formats.
        prepare: makes ready what the target needs, before the deadline of an input begins.
    """

    seeds: Callable[[], Seeds]
    mutations: tuple[Mutation, ...]
    target: Callable[[Path], None]
    share: int = 4
    prepare: Callable[[], object] | None = None


_PARQUET: tuple[Mutation, ...] = (mutate_raw, mutate_footer, mutate_columns, mutate_columns)
_DATABASE: tuple[Mutation, ...] = (mutate_bytes, mutate_pages, mutate_rows, mutate_rows)
_JSON: tuple[Mutation, ...] = (mutate_json, mutate_json, mutate_json, mutate_text, mutate_raw)
_TEXT: tuple[Mutation, ...] = (mutate_text, mutate_text, mutate_text, mutate_text, mutate_raw)


def _image(seeds: Callable[[], Seeds], *mutations: Mutation) -> Format:
    return Format(seeds, (*mutations, *mutations, mutate_raw), read.read_image)


def _video(seeds: Callable[[], Seeds], *mutations: Mutation) -> Format:
    return Format(seeds, (*mutations, mutate_raw), read.read_video)


def _events(name: str) -> Format:
    """Returns a format of events; JSON and ZIP are edited as what they are."""
    mutations = {"boris": _JSON, "datavyu-opf": (ZipMutation(mutate_text), mutate_raw)}
    seeds = partial(events.written, name)
    return Format(seeds, mutations.get(name, _TEXT), read.read_event_file, 1)


FORMATS: dict[str, Format] = {
    "jpeg": _image(images.jpeg, TreeMutation(JPEG)),
    "png": _image(images.png, TreeMutation(PNG), TreeMutation(PNG), resize_png),
    "webp": _image(images.webp, TreeMutation(RIFF)),
    "gif": _image(images.gif, HeaderMutation(800)),
    "bmp": _image(images.bmp, HeaderMutation(138)),
    "tiff": _image(images.tiff, mutate_tiff),
    "heic": _image(images.heic, TreeMutation(BOXES)),
    "avif": _image(images.avif, TreeMutation(BOXES)),
    "mp4": _video(videos.mp4, TreeMutation(BOXES)),
    "mkv": _video(videos.mkv, TreeMutation(ELEMENTS)),
    "avi": _video(videos.avi, TreeMutation(RIFF)),
    "playlist": Format(videos.playlists, _TEXT, read.read_playlist, 3),
    "onnx": Format(models.onnx_files, (TreeMutation(FIELDS), mutate_raw), read.open_model),
    "card": Format(models.cards, _JSON, read.read_card, 2),
    "prior": Format(models.priors, _JSON, read.read_prior, 1),
    "records": Format(tables.records, (*_TEXT, mutate_json_lines), read.read_rows),
    "records-parquet": Format(tables.parquet_records, _PARQUET, read.read_rows, 3),
    "fer2013": Format(tables.fer2013, _TEXT, read.read_faces, 2),
    "photos": Format(tables.photo_tables, _TEXT, read.read_faces, 2),
    "faces-parquet": Format(tables.parquet_faces, _PARQUET, read.read_faces, 3),
    "list": Format(tables.lists, _TEXT, read.read_list, 2),
    "list-parquet": Format(tables.parquet_lists, _PARQUET, read.read_list, 2),
    "recipe": Format(tables.recipes, _TEXT, read.read_recipe, 3),
    "space": Format(tables.spaces, _TEXT, read.read_space, 2),
    "profiles-db": Format(databases.profile_databases, _DATABASE, opened.open_profiles),
    "studio-db": Format(databases.studio_databases, _DATABASE, opened.open_studio),
    "profile": Format(
        databases.profiles, (mutate_profile, mutate_profile, mutate_raw), opened.import_profile
    ),
    **{f"events-{name}": _events(name) for name in EVENT_FORMATS},
    "people": Format(events.people, _TEXT, read.read_names, 1),
    "study": Format(events.studies, _JSON, read.open_study, 1),
    "http": Format(
        requests.http,
        (mutate_request, mutate_request, mutate_raw),
        server.send_request,
        share=8,
        prepare=server.running,
    ),
    "websocket": Format(
        requests.websocket,
        (TreeMutation(FRAMES), mutate_raw),
        server.send_frames,
        prepare=server.running,
    ),
}
"""By name, which is also that of the folder of its regression files."""
