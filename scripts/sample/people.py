"""The people who are drawn: nobody who exists."""

from dataclasses import dataclass

from .solids import Triple


@dataclass(frozen=True, slots=True)
class Person:
    """How a person looks. Colors are hexadecimal RGB, lengths in heads.

    Attributes:
        skin, hair, lips, iris, shirt: colors.
        width: of the head, 1 is usual.
        jaw: width of the lower face, 1 is usual.
        nose: size of the nose, 1 is usual.
        eyes: size of the eyes' opening, 1 is usual.
        brows: thickness of the brows.
        lashes: how dark the lashes are, 0 to 1.
        mouth: half the width of the mouth at rest.
        fullness: thickness of the lips, 1 is usual.
        stubble: how dark the beard's shadow is, 0 to 1.
        locks: ellipsoids of hair, each a center and radii.
        fringe: ellipsoids of hair over the face's window.
        hairline: an ellipsoid without hair: the face's window.
        curls: how curly the hair is: 0 straight strands, 1 curls.
    """

    skin: str
    hair: str
    lips: str
    iris: str
    shirt: str
    locks: tuple[tuple[Triple, Triple], ...]
    hairline: tuple[Triple, Triple]
    width: float = 1.0
    jaw: float = 1.0
    nose: float = 1.0
    eyes: float = 1.0
    brows: float = 0.05
    lashes: float = 0.5
    mouth: float = 0.25
    fullness: float = 1.0
    stubble: float = 0.0
    fringe: tuple[tuple[Triple, Triple], ...] = ()
    curls: float = 0.0


ADA = Person(
    skin="#e0a27c",
    hair="#3a2018",
    lips="#c0605a",
    iris="#5a3a22",
    shirt="#2f7f86",
    locks=(
        ((0.0, 0.32, -0.16), (0.85, 0.84, 0.88)),
        ((-0.62, -0.2, -0.3), (0.34, 0.72, 0.5)),
        ((0.62, -0.2, -0.3), (0.34, 0.72, 0.5)),
    ),
    fringe=(((-0.3, 0.6, 0.42), (0.42, 0.2, 0.3)), ((0.42, 0.58, 0.4), (0.3, 0.26, 0.3))),
    hairline=((0.0, -0.15, 0.75), (0.62, 0.85, 0.85)),
    eyes=1.12,
    nose=0.92,
    brows=0.042,
    lashes=0.9,
    jaw=0.95,
    fullness=1.15,
)

BEN = Person(
    skin="#f0c3a0",
    hair="#8a4f2a",
    lips="#c4796a",
    iris="#4d7a8c",
    shirt="#d9963a",
    locks=(
        ((0.0, 0.38, -0.14), (0.82, 0.78, 0.86)),
        ((-0.15, 0.84, 0.15), (0.55, 0.32, 0.52)),
        ((0.35, 0.78, 0.1), (0.42, 0.3, 0.5)),
    ),
    fringe=(
        ((-0.2, 0.72, 0.52), (0.24, 0.14, 0.2)),
        ((0.12, 0.74, 0.55), (0.22, 0.13, 0.18)),
        ((0.38, 0.68, 0.42), (0.18, 0.14, 0.18)),
    ),
    hairline=((0.0, -0.22, 0.72), (0.68, 0.86, 0.82)),
    width=1.03,
    jaw=1.1,
    nose=1.15,
    brows=0.062,
    lashes=0.35,
    fullness=0.8,
    mouth=0.27,
    stubble=0.35,
    curls=0.8,
)

CLEO = Person(
    skin="#8a5638",
    hair="#221815",
    lips="#8e4543",
    iris="#3a2416",
    shirt="#b5546a",
    locks=(
        ((0.0, 0.35, -0.13), (0.83, 0.83, 0.92)),
        ((0.0, 1.12, -0.25), (0.44, 0.38, 0.44)),
    ),
    hairline=((0.0, -0.2, 0.74), (0.64, 0.86, 0.82)),
    width=0.98,
    nose=1.1,
    eyes=1.08,
    brows=0.05,
    lashes=0.8,
    mouth=0.27,
    fullness=1.3,
    curls=1.0,
)
