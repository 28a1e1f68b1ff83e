"""What a drawn face can do, and what it does for each label.

The movements follow Ekman and Friesen's action units (AU) of the Facial Action Coding System.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Expression:
    """Movements of a face; 0 is rest, 1 about the most that a face can do.

    Attributes:
        inner_brows: raised (AU 1); negative: lowered (AU 4).
        outer_brows: raised (AU 2); negative: lowered.
        frown: brows drawn together (AU 4).
        lids: opened wide (AU 5); -1 is shut (AU 45).
        squint: lower lids raised (AU 6 and 7).
        nose: wrinkled (AU 9).
        smile: mouth corners drawn up and out (AU 12).
        sadness: mouth corners drawn down (AU 15), chin raised (AU 17).
        lips: parted, showing the upper teeth (AU 25).
        jaw: dropped (AU 26 and 27).
        tightness: lips pressed and narrowed (AU 23 and 24).
        pucker: mouth narrowed and rounded (AU 18).
        yaw, pitch, roll: of the head in degrees: to the viewer's right, up, clockwise.
        look_x, look_y: where the eyes look, -1 to 1.
    """

    inner_brows: float = 0.0
    outer_brows: float = 0.0
    frown: float = 0.0
    lids: float = 0.0
    squint: float = 0.0
    nose: float = 0.0
    smile: float = 0.0
    sadness: float = 0.0
    lips: float = 0.0
    jaw: float = 0.0
    tightness: float = 0.0
    pucker: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    look_x: float = 0.0
    look_y: float = 0.0

    def blended(self, other: "Expression", share: float) -> "Expression":
        """Returns the expression on the way to another: 0 is this one, 1 the other."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Expression(*(a + (b - a) * share for a, b in pairs))


EXPRESSIONS: dict[str, Expression] = {
    "neutral": Expression(smile=0.1),
    "happy": Expression(
        outer_brows=0.15, squint=0.55, smile=1.0, lips=0.8, jaw=0.15, pitch=2, roll=3
    ),
    "surprise": Expression(
        inner_brows=1.0, outer_brows=1.0, lids=1.0, jaw=0.85, pucker=0.55, pitch=1
    ),
    "sad": Expression(
        inner_brows=1.05, outer_brows=-0.9, frown=0.3, lids=-0.35, sadness=1.15, pitch=-2, roll=4,
        look_y=-0.3,
    ),
    "angry": Expression(
        inner_brows=-1.15, outer_brows=0.25, frown=1.0, lids=0.12, squint=0.25, nose=0.8,
        sadness=0.5, tightness=1.0, pitch=-3,
    ),
}  # fmt: skip
"""The expression drawn for each label."""
