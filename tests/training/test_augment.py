import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mien.training.augment import Draw, apply, draw
from mien.training.settings import Augmentation

PAPER = Augmentation(width_shift=0.1, height_shift=0.1, horizontal_flip=True)


def drawn(right: int = 0, down: int = 0, flip: bool = False) -> Draw:
    return Draw(torch.tensor([right]), torch.tensor([down]), torch.tensor([flip]))


@given(st.integers(-5, 5), st.integers(-5, 5), st.booleans())
def test_a_fixed_draw_mirrors_then_shifts_and_repeats_the_edge(
    right: int, down: int, flip: bool
) -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    # The oracle pads with the edge and cuts out a window.
    padded = np.pad(face[:, ::-1] if flip else face, 5, mode="edge")
    expected = padded[5 - down : 53 - down, 5 - right : 53 - right]
    varied = apply(torch.tensor(face)[None], drawn(right, down, flip))
    np.testing.assert_array_equal(varied[0].numpy(), expected)


def test_each_face_has_a_draw_of_its_own() -> None:
    faces = torch.arange(2 * 48 * 48).reshape(2, 48, 48)
    both = Draw(torch.tensor([0, 3]), torch.tensor([0, 0]), torch.tensor([False, False]))
    varied = apply(faces, both)
    assert torch.equal(varied[0], faces[0])
    assert torch.equal(varied[1, :, 3:], faces[1, :, :-3])


def test_draws_fill_their_ranges_and_no_more() -> None:
    many = draw(5000, 48, PAPER, torch.Generator().manual_seed(0))
    for shift in (many.right, many.down):
        assert shift.unique().tolist() == list(range(-5, 6))
    assert 0.45 < many.flip.float().mean() < 0.55


def test_nothing_is_varied_unless_asked() -> None:
    faces = torch.randint(0, 256, (20, 48, 48), dtype=torch.uint8)
    unvaried = apply(faces, draw(20, 48, Augmentation(), torch.Generator().manual_seed(0)))
    assert torch.equal(unvaried, faces)


def test_the_same_generator_state_gives_the_same_draw() -> None:
    first, second = (draw(9, 48, PAPER, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first.right, second.right)
    assert torch.equal(first.flip, second.flip)
