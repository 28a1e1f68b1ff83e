"""Annotations of ELAN: `.eaf`, XML. An annotation's value is a code, its tier says whose.

Mien writes EAF 3.0 with a tier for each person, author and kind of text (code, name, condition).
What an annotation has no place for is in a child tier of type `mien`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from mien.errors import StudyError
from mien.study.events.event import Event, sort_events
from mien.study.events.log import Log
from mien.study.events.payload import (
    Fields,
    heading,
    in_milliseconds,
    milliseconds,
    one_line,
    pack,
    refuse_negative,
    unpack,
)
from mien.study.events.xml import parse_xml

_KINDS = ("code", "name", "condition")  # the types of tiers that Mien writes
_PACKED = "mien"
_SHORTEST = 1  # milliseconds; ELAN has no annotation without a duration
_MILLISECONDS = re.compile(r"[0-9]{1,15}")  # Python refuses to read numbers of 5,000 digits
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def read_elan(path: Path) -> Log:
    """Reads all annotations that have times, or whose parents have.

    The person is the tier's participant, the author its annotator. The value is the code, and the
    tier's name is the name; an annotation without a value has the tier's name for a code.
    """
    root = parse_xml(path, "ANNOTATION_DOCUMENT")
    slots = {
        slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE", "0"))
        for slot in root.iter("TIME_SLOT")
        if _MILLISECONDS.fullmatch(slot.get("TIME_VALUE", ""))
    }
    parents = {
        it.get("ANNOTATION_ID", ""): it.get("ANNOTATION_REF", "")
        for it in root.iter("REF_ANNOTATION")
    }
    times = {
        it.get("ANNOTATION_ID", ""): (slots[first], slots[last])
        for it in root.iter("ALIGNABLE_ANNOTATION")
        if (first := it.get("TIME_SLOT_REF1")) in slots
        and (last := it.get("TIME_SLOT_REF2")) in slots
    }
    return _Reader(path, times, parents, _read_packed(root)).read(root)


def write_elan(events: Iterable[Event]) -> str:
    """Returns a document; ELAN asks for the video when it opens it."""
    events = sort_events(events)
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "Mien",
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{_XSI}}}noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    used = ET.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    used.text = str(2 * len(events))
    order = ET.SubElement(root, "TIME_ORDER")
    for number, event in enumerate(events):
        refuse_negative(event, "ELAN")
        for at, value in enumerate(milliseconds(event, _SHORTEST)):
            slot = {"TIME_SLOT_ID": f"ts{2 * number + at + 1}", "TIME_VALUE": str(value)}
            ET.SubElement(order, "TIME_SLOT", slot)
    taken = set[str]()
    for tier, rows in _arrange(events).items():
        _write_tier(root, tier, _choose_title(tier, taken), rows)
    _write_types(root)
    ET.register_namespace("xsi", _XSI)
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True)


@dataclass(frozen=True, slots=True)
class _Tier:
    """What distinguishes tiers; in a lane no two annotations overlap, as ELAN demands."""

    person: str
    author: str
    kind: str
    lane: int = 0

    @property
    def title(self) -> str:
        parts = [self.kind, self.person or "everybody", self.author, str(self.lane or "")]
        return " | ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    times: dict[str, tuple[int, int]]
    parents: dict[str, str]
    packed: dict[str, str]

    def read(self, root: ET.Element) -> Log:
        events, missing = list[Event](), 0
        for tier in root.iter("TIER"):
            if tier.get("LINGUISTIC_TYPE_REF") == _PACKED:
                continue
            for annotation in tier.iterfind("ANNOTATION/*"):
                times = self._times(annotation.get("ANNOTATION_ID", ""))
                if times is None:
                    missing += 1
                else:
                    events.append(self._event(tier, annotation, times))
        notes = (f"{missing} annotations without times were left out",) if missing else ()
        return Log(tuple(events), notes)

    def _times(self, annotation: str) -> tuple[int, int] | None:
        """Returns the times of an annotation, or of the one that it refers to."""
        passed = set[str]()
        while annotation not in self.times and annotation not in passed:
            passed.add(annotation)
            annotation = self.parents.get(annotation, "")
        return self.times.get(annotation)

    def _event(self, tier: ET.Element, annotation: ET.Element, times: tuple[int, int]) -> Event:
        value = annotation.findtext("ANNOTATION_VALUE") or ""
        kind, title = tier.get("LINGUISTIC_TYPE_REF", ""), tier.get("TIER_ID", "")
        texts: Fields = (
            {kind: value}
            if kind in _KINDS
            else {"code": value or title, "name": title if value else ""}
        )
        identity = annotation.get("ANNOTATION_ID", "")
        try:
            held = Event(
                **in_milliseconds(*times),
                person=tier.get("PARTICIPANT", ""),
                author=tier.get("ANNOTATOR", ""),
                **texts,
            )
            return unpack(held, self.packed.get(identity, ""), _view)
        except StudyError as error:
            place = f"{self.path}, tier {title}, annotation {identity}"
            raise StudyError(error.reason, subject=place, remedy=error.remedy) from None


def _view(event: Event) -> Event:
    tier = _tier(event)
    times = in_milliseconds(*milliseconds(event, _SHORTEST))
    held = Event(**times, person=tier.person, author=tier.author)
    value: Fields = {tier.kind: heading(event)}
    return replace(held, **value)


def _tier(event: Event) -> _Tier:
    """Returns the tier of an event; its value is the first of its texts that is not empty."""
    kind = next((kind for kind in _KINDS if one_line(getattr(event, kind))), "name")
    return _Tier(one_line(event.person), one_line(event.author), kind)


def _arrange(events: Iterable[Event]) -> dict[_Tier, list[tuple[int, Event]]]:
    """Returns the events of each tier, with their numbers."""
    tiers = dict[_Tier, list[tuple[int, Event]]]()
    for number, event in enumerate(events):
        tier, start = _tier(event), milliseconds(event)[0]
        while (rows := tiers.get(tier)) and milliseconds(rows[-1][1], _SHORTEST)[1] > start:
            tier = replace(tier, lane=max(tier.lane, 1) + 1)
        tiers.setdefault(tier, []).append((number, event))
    return tiers


def _choose_title(tier: _Tier, taken: set[str]) -> str:
    """Returns a name that no tier has yet; people and authors may have any."""
    title, count = tier.title, 1
    while title in taken:
        count += 1
        title = f"{tier.title} ({count})"
    taken |= {title, f"{title} | {_PACKED}"}
    return title


def _write_tier(root: ET.Element, tier: _Tier, title: str, rows: list[tuple[int, Event]]) -> None:
    about = {"PARTICIPANT": tier.person, "ANNOTATOR": tier.author}
    about = {name: text for name, text in about.items() if text}
    head = {"LINGUISTIC_TYPE_REF": tier.kind, "TIER_ID": title}
    parent = ET.SubElement(root, "TIER", head | about)
    for number, event in rows:
        slots = {f"TIME_SLOT_REF{at}": f"ts{2 * number + at}" for at in (1, 2)}
        _annotate(parent, "ALIGNABLE", {"ANNOTATION_ID": f"a{number + 1}"} | slots, heading(event))
    packed = [(number, text) for number, event in rows if (text := pack(event, _view))]
    if not packed:
        return
    head = {"LINGUISTIC_TYPE_REF": _PACKED, "TIER_ID": f"{title} | {_PACKED}"}
    child = ET.SubElement(root, "TIER", head | about | {"PARENT_REF": title})
    for number, text in packed:
        about = {"ANNOTATION_ID": f"m{number + 1}", "ANNOTATION_REF": f"a{number + 1}"}
        _annotate(child, "REF", about, text)


def _annotate(tier: ET.Element, kind: str, about: dict[str, str], value: str) -> None:
    annotation = ET.SubElement(ET.SubElement(tier, "ANNOTATION"), f"{kind}_ANNOTATION", about)
    ET.SubElement(annotation, "ANNOTATION_VALUE").text = value


def _write_types(root: ET.Element) -> None:
    for kind in _KINDS:
        ET.SubElement(
            root,
            "LINGUISTIC_TYPE",
            {
                "GRAPHIC_REFERENCES": "false",
                "LINGUISTIC_TYPE_ID": kind,
                "TIME_ALIGNABLE": "true",
            },
        )
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "CONSTRAINTS": "Symbolic_Association",
            "GRAPHIC_REFERENCES": "false",
            "LINGUISTIC_TYPE_ID": _PACKED,
            "TIME_ALIGNABLE": "false",
        },
    )
    ET.SubElement(
        root,
        "CONSTRAINT",
        {
            "DESCRIPTION": "1-1 association with a parent annotation",
            "STEREOTYPE": "Symbolic_Association",
        },
    )


def _read_packed(root: ET.Element) -> dict[str, str]:
    """Returns what was packed, by the annotation that it belongs to."""
    return dict(_packed(root))


def _packed(root: ET.Element) -> Iterator[tuple[str, str]]:
    for tier in root.iter("TIER"):
        if tier.get("LINGUISTIC_TYPE_REF") == _PACKED:
            for it in tier.iter("REF_ANNOTATION"):
                yield it.get("ANNOTATION_REF", ""), it.findtext("ANNOTATION_VALUE") or ""
