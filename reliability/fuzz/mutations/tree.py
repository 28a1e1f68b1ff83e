"""Edits of files that are trees of pieces with lengths: chunks, boxes, elements, fields."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from reliability.fuzz.mutations.raw import mutate_raw

_SIMPLE_EDITS = ("drop", "repeat", "move", "graft", "rename")


@dataclass(slots=True)
class Node:
    """A piece of a file.

    Attributes:
        kind: its type, as the codec writes it; empty for bytes without a length.
        body: its content, or the pieces inside.
    """

    kind: bytes
    body: "bytes | list[Node]"


@dataclass(frozen=True, slots=True)
class Codec:
    """How the pieces of a format stand in its files.

    Attributes:
        parse: returns the pieces of a file; what is none is one piece without a kind.
        build: returns the file of pieces, with right lengths and checksums.
    """

    parse: Callable[[bytes], list[Node]]
    build: Callable[[Sequence[Node]], bytes]


@dataclass(frozen=True, slots=True)
class TreeMutation:
    """Drops, repeats, moves, grafts, renames or edits a piece of a file."""

    codec: Codec

    def __call__(self, rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        """Returns the file with one piece changed."""
        nodes = self.codec.parse(data)
        places = list(_places(nodes))
        if not places:
            return mutate_raw(rng, data, others)
        siblings, at = rng.choice(places)
        edit = rng.choice(_SIMPLE_EDITS) if rng.random() < 0.5 else "change"
        match edit:
            case "drop":
                del siblings[at]
            case "repeat":
                siblings[at:at] = [siblings[at]] * rng.choice((1, 2, 50))
            case "move":
                siblings.insert(rng.randrange(len(siblings)), siblings.pop(at))
            case "graft":
                siblings.insert(at, self._graft(rng, others) or siblings[at])
            case "rename":
                siblings[at] = Node(rng.choice(places)[0][0].kind, siblings[at].body)
            case _:
                siblings[at] = self._change(rng, siblings[at])
        return self.codec.build(nodes)

    def _graft(self, rng: Random, others: Sequence[bytes]) -> Node | None:
        if not others:
            return None
        places = list(_places(self.codec.parse(rng.choice(others))))
        siblings, at = rng.choice(places) if places else ([], 0)
        return siblings[at] if siblings else None

    def _change(self, rng: Random, node: Node) -> Node:
        content = node.body if isinstance(node.body, bytes) else self.codec.build(node.body)
        return Node(node.kind, mutate_raw(rng, content, ()))


def _places(nodes: list[Node]) -> Iterator[tuple[list[Node], int]]:
    """Yields each piece as the list that it stands in, and where."""
    for at, node in enumerate(nodes):
        yield nodes, at
        if isinstance(node.body, list):
            yield from _places(node.body)
