"""ELAN's annotations, against pympi, another reader and writer of them."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pympi
import pytest

from mien.errors import StudyError
from mien.study.events import Event, read_log, write_events

ROWS = [
    Event(1.0, 2.0, "Anna", code="smile", author="jo", note="a <b> & c"),
    Event(1.5, 2.0, "Anna", code="smile", author="jo"),  # overlaps the one before
    Event(4.0, person="Anna", code="frown", author="jo"),
    Event(0.0, 10.0, condition="calm"),
    Event(5.0, name="tone \u0001 1"),
]


def test_pympi_reads_what_mien_wrote(tmp_path: Path) -> None:
    path = tmp_path / "talk.eaf"
    write_events(path, ROWS)

    document = pympi.Eaf(str(path))

    tiers = set(document.get_tier_names())
    assert {"code | Anna | jo", "code | Anna | jo | 2", "condition | everybody"} <= tiers
    assert document.get_annotation_data_for_tier("code | Anna | jo") == [
        (1000, 3000, "smile"),
        (4000, 4001, "frown"),
    ]
    assert document.get_annotation_data_for_tier("code | Anna | jo | 2") == [(1500, 3500, "smile")]
    assert document.get_parameters_for_tier("code | Anna | jo")["PARTICIPANT"] == "Anna"
    assert document.get_annotation_data_for_tier("name | everybody")[0][2] == "tone 1"


def test_mien_reads_what_pympi_wrote(tmp_path: Path) -> None:
    document = pympi.Eaf(author="jo")
    document.add_linguistic_type("notes", "Symbolic_Association", timealignable=False)
    document.add_tier("Expression", part="Anna", ann="jo")
    document.add_tier("Blinks")
    document.add_tier("Sure", ling="notes", parent="Expression", part="Anna")
    document.add_annotation("Expression", 1200, 3400, "smile")
    document.add_annotation("Blinks", 2000, 2100, "")
    document.add_ref_annotation("Sure", "Expression", 1500, "yes")
    document.to_file(str(tmp_path / "talk.eaf"))

    log = read_log(tmp_path / "talk.eaf")

    assert set(log.events) == {
        Event(1.2, 2.2, "Anna", "Expression", code="smile", author="jo"),
        Event(1.2, 2.2, "Anna", "Sure", code="yes"),
        Event(2.0, 0.1, code="Blinks"),
    }


def test_annotations_of_a_tier_do_not_overlap_and_refer_to_slots(tmp_path: Path) -> None:
    """As the schema of EAF 3.0 and ELAN itself demand."""
    path = tmp_path / "talk.eaf"
    write_events(path, ROWS)
    root = ET.parse(path).getroot()

    order = [child.tag for child in root]
    ranks = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "CONSTRAINT"]
    assert order == sorted(order, key=ranks.index)
    slots = {it.get("TIME_SLOT_ID"): int(it.get("TIME_VALUE", "")) for it in root.iter("TIME_SLOT")}
    for tier in root.iter("TIER"):
        spans = sorted(
            (slots[it.get("TIME_SLOT_REF1")], slots[it.get("TIME_SLOT_REF2")])
            for it in tier.iter("ALIGNABLE_ANNOTATION")
        )
        assert all(start < stop for start, stop in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
    identities = [it.get("ANNOTATION_ID") for it in root.iterfind("TIER/ANNOTATION/*")]
    assert len(set(identities)) == len(identities)
    types = {it.get("LINGUISTIC_TYPE_ID") for it in root.iter("LINGUISTIC_TYPE")}
    assert {it.get("LINGUISTIC_TYPE_REF") for it in root.iter("TIER")} <= types


def test_annotations_without_times_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "talk.eaf"
    path.write_text(
        '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="5"/>'
        '<TIME_SLOT TIME_SLOT_ID="ts2"/></TIME_ORDER><TIER TIER_ID="t" LINGUISTIC_TYPE_REF="x">'
        '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" '
        'TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>v</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
        "</ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    )

    log = read_log(path)

    assert log.events == ()
    assert log.notes == ("1 annotations without times were left out",)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    "<ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "has a document type, which may hide an attack"),
        ("<ANNOTATION_DOCUMENT>", r"is no well-formed XML"),
        ("<html/>", r"its root is html, not ANNOTATION_DOCUMENT"),
        ("not XML", r"is no well-formed XML"),
    ],
)
def test_other_xml_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "talk.eaf"
    path.write_text(content)

    with pytest.raises(StudyError, match=message):
        read_log(path)
