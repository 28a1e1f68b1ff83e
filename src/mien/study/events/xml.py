"""Reads XML of others; a document type is refused, as entities in one can fill the memory."""

from pathlib import Path
from xml.etree import ElementTree as ET
from xml.parsers import expat

from mien.errors import StudyError
from mien.study.events.text import read_bytes


def parse_xml(path: Path, root: str) -> ET.Element:
    """Parses a file.

    Args:
        path: of the file.
        root: the name of its outermost element.

    Raises:
        StudyError: it cannot be read, is not well-formed, has a document type, or another root.
    """
    data = read_bytes(path)
    try:
        _refuse_document_types(path, data)
        element = ET.fromstring(data)  # noqa: S314 - it has no document type, so no entities
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise StudyError(
            f"is no well-formed XML ({error})", subject=path, remedy="save it again"
        ) from None
    if element.tag != root:
        raise StudyError(
            f"its root is {element.tag}, not {root}", subject=path, remedy="choose another --format"
        )
    return element


def _refuse_document_types(path: Path, data: bytes) -> None:
    def refuse(*_: object) -> None:
        raise StudyError(
            "has a document type, which may hide an attack", subject=path, remedy="remove <!DOCTYPE"
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)
