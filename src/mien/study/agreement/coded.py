"""Coded tracks: which codes are about which person of which recording, and what is doubtful."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mien.errors import StudyError
from mien.study.agreement.codes import UNNAMED, count_of, find_labels, is_own
from mien.study.events import Event, sort_events
from mien.study.recording import Recording, Track, common_labels


@dataclass(frozen=True, eq=False)
class CodedTrack:
    """One person in one recording, with the codes of everybody who coded them.

    Attributes:
        track: the person's records.
        codes: by coder, in order of onset; their `code` is a label of the model.
    """

    track: Track
    codes: Mapping[str, tuple[Event, ...]]


@dataclass(frozen=True, eq=False)
class Coding:
    """All people that somebody coded.

    Attributes:
        tracks: with one code or more.
        coders: in order of the alphabet.
        labels: of the model.
        notes: what is doubtful about the codes, a sentence each.
    """

    tracks: tuple[CodedTrack, ...]
    coders: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The names of the people, in order of the alphabet."""
        return tuple(sorted({coded.track.name for coded in self.tracks}))


def assign_codes(
    recordings: Sequence[Recording], codes: Iterable[Event], mapping: Mapping[str, str]
) -> Coding:
    """Finds the person and the recording of each code.

    Args:
        recordings: whose own events with a code count, too.
        codes: further ones; each names its recording where there are several.
        mapping: labels of the model by the coders' own words; "" leaves a code out.

    Raises:
        StudyError: the recordings have different labels; a code has a label that the model lacks,
            or names no recording; or a coder's codes meet no person or no time of the records.
    """
    recordings = [recording for recording in recordings if len(recording.records)]
    labels = common_labels(recordings)
    further = [event for event in codes if event.code]
    _check_names(recordings, further)
    by_name: defaultdict[str, list[Event]] = defaultdict(list)
    for event in further:
        by_name[event.recording].append(event)
    coded = [_codes_of(recording, by_name) for recording in recordings]
    human = [[event for event in events if not is_own(event)] for events in coded]
    # All at once, so that an error names every unknown code.
    meaning = find_labels(chain(*human), labels, mapping)
    finder = _Finder(sum(map(len, coded)) - sum(map(len, human)))
    for recording, events in zip(recordings, human, strict=True):
        kept = (replace(event, code=meaning[event.code]) for event in events)
        finder.add(recording, sort_events(event for event in kept if event.code))
    finder.check()
    coders = tuple(sorted(finder.met))
    return Coding(tuple(finder.tracks), coders, labels, tuple(finder.notes()))


def _codes_of(recording: Recording, by_name: Mapping[str, Sequence[Event]]) -> list[Event]:
    own = (event for event in recording.events if event.code)
    further = (*by_name.get("", ()), *by_name.get(recording.name, ()))
    return [replace(event, author=event.author or UNNAMED) for event in (*own, *further)]


def _check_names(recordings: Sequence[Recording], codes: Sequence[Event]) -> None:
    names = Counter(recording.name for recording in recordings)
    listed = ", ".join(sorted(names)[:10])
    for event in codes:
        if event.recording and event.recording not in names:
            raise StudyError(
                f"a code of {event.author or UNNAMED} is of the recording '{event.recording}', "
                "which is not in the records",
                remedy=f"choose from {listed}",
            )
        if names[event.recording] > 1:
            raise StudyError(
                f"{names[event.recording]} recordings have the name that codes give",
                subject=event.recording,
                remedy="compare them one after the other",
            )
        if not event.recording and len(recordings) > 1:
            raise StudyError(
                f"a code of {event.author or UNNAMED} at {event.onset:g} s names no recording, and "
                f"there are {len(recordings)}",
                remedy=f"add the column recording, with one of {listed}",
            )


class _Finder:
    """Collects the coded tracks, and counts the codes that meet nobody."""

    def __init__(self, own: int) -> None:
        self.tracks: list[CodedTrack] = []
        self.met: set[str] = set()
        self._outside: defaultdict[str, list[tuple[Recording, Event]]] = defaultdict(list)
        self._strangers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._known: set[str] = set()
        self._own = own
        self._overlaps: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        self._shared: list[str] = []
        self._crowds: list[str] = []

    def add(self, recording: Recording, codes: Sequence[Event]) -> None:
        """Adds one recording and its codes."""
        tracks = [track for track in recording.tracks if self._is_one(track)]
        names = {track.name for track in tracks}
        self._known |= names
        inside = [event for event in codes if self._is_inside(recording, event)]
        for event in inside:
            if event.person and event.person not in names:
                self._strangers[event.author][event.person] += 1
        if len(tracks) > 1 and any(not event.person for event in inside):
            self._shared.append(f"{recording.name} ({len(tracks)} people)")
        for track in tracks:
            self._add_track(track, [event for event in inside if event.concerns(track.name)])

    def _add_track(self, track: Track, codes: Sequence[Event]) -> None:
        by_coder: defaultdict[str, list[Event]] = defaultdict(list)
        for event in codes:
            by_coder[event.author].append(event)
        if by_coder:
            own = {coder: tuple(events) for coder, events in by_coder.items()}
            self.tracks.append(CodedTrack(track, own))
        for coder, events in by_coder.items():
            self.met.add(coder)
            self._overlaps[coder] += [
                (f"{track.recording.name} at {onset:g} s", seconds)
                for onset, seconds in _overlaps(events)
            ]

    def _is_one(self, track: Track) -> bool:
        """Returns whether the records are of one face: a photo may have several without an id."""
        frames, count = len(set(track.rows.frame.tolist())), len(track.rows)
        if track.person < 0 and frames < count:
            self._crowds.append(track.recording.name)
            return False
        return True

    def _is_inside(self, recording: Recording, event: Event) -> bool:
        end = max(recording.end, recording.start + 1e-9)
        inside = event.onset < end and event.end >= recording.start
        if not inside:
            self._outside[event.author].append((recording, event))
        return inside

    def check(self) -> None:
        """Raises an error for a coder whose codes meet nothing."""
        for coder, pairs in self._outside.items():
            if coder not in self.met and coder not in self._strangers:
                raise _other_time(coder, pairs)
        for coder, people in self._strangers.items():
            if coder not in self.met:
                raise StudyError(
                    f"the codes of {coder} are about {_list(people)}, who is not in the records",
                    remedy="name the people in a file RECORDS.people.csv (columns person and name),"
                    f" or use the names {_list(sorted(self._known))}",
                )
        if not self.met:
            raise StudyError(
                "nobody in the records is coded",
                remedy="give files whose column code has labels, for people in the records",
            )

    def notes(self) -> Iterable[str]:
        """Yields what is doubtful."""
        for coder, pairs in self._outside.items():
            recording, event = pairs[0]
            yield (
                f"left out: {count_of(len(pairs), 'code')} of {coder}, outside the recording; the "
                f"first is at {event.onset:g} s, and {recording.name} has "
                f"{recording.start:g} to {recording.end:g} s"
            )
        for coder, people in self._strangers.items():
            yield (
                f"left out: {count_of(people.total(), 'code')} of {coder}, about {_list(people)}, "
                "who is not in the recording"
            )
        for coder, places in self._overlaps.items():
            if places:
                seconds = sum(seconds for _, seconds in places)
                yield (
                    f"{count_of(len(places), 'overlap')} of codes of {coder} with different "
                    f"labels, {seconds:.1f} s in all, first in {places[0][0]}; by frame, such "
                    "steps are missing"
                )
        if self._shared:
            yield f"codes without a person count for everybody in {_list(self._shared)}"
        if self._crowds:
            yield (
                f"left out: {_list(self._crowds)}, with several faces in a frame and no person ids"
            )
        if self._own:
            yield f"left out: {count_of(self._own, 'code')} that Mien made itself"


def _overlaps(events: Sequence[Event]) -> list[tuple[float, float]]:
    """Returns when codes of one coder contradict earlier ones: onset and seconds of each time."""
    found: list[tuple[float, float]] = []
    holds: list[Event] = []
    for event in events:
        holds = [other for other in holds if other.end > event.onset]
        if ends := [min(other.end, event.end) for other in holds if other.code != event.code]:
            found.append((event.onset, max(ends) - event.onset))
        holds.append(event)
    return found


def _other_time(coder: str, pairs: Sequence[tuple[Recording, Event]]) -> StudyError:
    recording = pairs[0][0]
    events = [event for of, event in pairs if of is recording]
    first, last = min(it.onset for it in events), max(it.end for it in events)
    return StudyError(
        f"the codes of {coder} lie at {first:g} to {last:g} s, and the recording has "
        f"{recording.start:g} to {recording.end:g} s: {_likely(recording, first, last)}",
        subject=recording.name,
        remedy="give onset and duration in seconds from the recording's start",
    )


def _likely(recording: Recording, first: float, last: float) -> str:
    """Returns the likely reason why codes miss the recording."""
    if first / 1000 < recording.end and 0.2 <= last / 1000 / recording.end <= 1.05:
        return "they seem to be in milliseconds"
    if last - first <= 1.05 * (recording.end - recording.start):
        return "they seem to count from another start, such as the time of day"
    return "they seem to be of another recording"


def _list(names: Iterable[str], most: int = 5) -> str:
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
