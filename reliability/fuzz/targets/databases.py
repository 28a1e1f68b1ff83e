"""Opens databases and reads all that they hold; imports exported profiles."""

from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from mien.errors import MienError
from mien.personalization.store import FILE_NAME as PROFILES
from mien.personalization.store import Profiles
from mien.personalization.transfer import export_profile, load_profile
from mien.server.store import FILE_NAME as STUDIO
from mien.server.store import Store
from mien.storage.errors import UnknownItemError
from reliability.fuzz.seeds.databases import MODEL


def open_profiles(path: Path) -> None:
    """Opens a database of profiles; reads, applies and exports each profile."""
    path.rename(path.with_name(PROFILES))
    errors: list[MienError] = []
    with closing(Profiles.open(path.parent)) as profiles:
        for profile in profiles.list():
            reads = (
                partial(profiles.corrections, profile.name),
                partial(profiles.versions, profile.name),
                partial(profiles.adapter, profile.name, MODEL),
                partial(export_profile, profiles, profile.name),
            )
            errors += _errors(reads)
    if errors:
        raise errors[0]


def open_studio(path: Path) -> None:
    """Opens Studio's database; reads sessions, what belongs to them, jobs and feedback."""
    path.rename(path.with_name(STUDIO))
    errors: list[MienError] = []
    with closing(Store.open(path.parent)) as store:
        for session in store.sessions.list():
            reads = (
                partial(_read_faces, store, session.id),
                partial(store.people.list, session.id),
                partial(store.people.roots, session.id),
                partial(store.markers.list, session.id),
                partial(store.series.read, session),
                partial(store.series.summaries, [session]),
                partial(store.thumbnails.of, [session.id]),
            )
            errors += _errors(reads)
        store.sessions.totals()
        store.jobs.list()
        store.feedback.list()
        store.feedback.counts()
        _ = store.preferences.keep_days
        with suppress(UnknownItemError):
            store.sessions.delete(1)
    if errors:
        raise errors[0]


def import_profile(path: Path) -> None:
    """Imports an exported profile into an empty database, and exports it again."""
    with closing(Profiles.open(path.parent / "store")) as profiles:
        profile = load_profile(profiles, path)
        if profile.version and profile.version.model:
            profiles.adapter(profile.name, profile.version.model)
        export_profile(profiles, profile.name)


def _errors(reads: Iterable[Callable[[], object]]) -> list[MienError]:
    """Calls each function, so that one clear error does not hide what others do."""
    errors = []
    for read in reads:
        try:
            read()
        except MienError as error:
            errors.append(error)
    return errors


def _read_faces(store: Store, session: int) -> None:
    for _ in store.faces.all(session):
        pass
