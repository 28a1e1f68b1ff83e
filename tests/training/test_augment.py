import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import affine_transform

from mien.training.augment import ERASED_AREA, Draw, apply, draw
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


def upright(count: int, **changes: torch.Tensor) -> Draw:
    nothing = torch.zeros(count, dtype=torch.int64)
    return Draw(nothing, nothing, nothing.bool(), **changes)


def bump(x: float, y: float) -> np.ndarray:
    """A bright, smooth spot about a place, in pixels."""
    rows, columns = np.mgrid[0:48, 0:48]
    spot: np.ndarray = 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
    return spot


@given(st.floats(-0.5, 0.5), st.floats(0.7, 1.3))
def test_a_turn_and_growth_move_a_spot_as_scipy_does(turn: float, grow: float) -> None:
    face = bump(34, 20)
    varied = apply(
        torch.tensor(face)[None],
        upright(1, turn=torch.tensor([turn]), grow=torch.tensor([grow])),
    )
    cosine, sine = np.cos(turn) / grow, np.sin(turn) / grow
    matrix = np.array([[cosine, -sine], [sine, cosine]])  # rows, columns: clockwise to the eye
    middle = np.array([23.5, 23.5])
    expected = affine_transform(face, matrix, middle - matrix @ middle, order=1, mode="nearest")
    np.testing.assert_allclose(varied[0].numpy(), expected, atol=0.5)


def test_a_crop_is_the_middle() -> None:
    faces = torch.randint(0, 256, (3, 48, 48), dtype=torch.uint8)
    cropped = apply(faces, upright(3), crop=40)
    torch.testing.assert_close(cropped, faces[:, 4:44, 4:44].float(), atol=1e-2, rtol=0)


def test_light_changes_mean_and_contrast_as_drawn() -> None:
    face = torch.tensor(bump(24, 24) / 4 + 80)[None].float()
    varied = apply(face, upright(1, light=torch.tensor([[20.0, 0.5]])))
    torch.testing.assert_close(varied.mean(), face.mean() + 20)
    torch.testing.assert_close(varied.std(), face.std() / 2)
    assert apply(face, upright(1, light=torch.tensor([[999.0, 1.0]]))).max() == 255


def test_an_erased_rectangle_is_gray_and_the_rest_untouched() -> None:
    faces = torch.randint(0, 256, (1, 48, 48), dtype=torch.uint8)
    erase = torch.tensor([[0.25, 0.5, 0.5, 0.125, 77.0]])
    varied = apply(faces, upright(1, erase=erase))[0]
    expected = faces[0].float()
    expected[24:30, 12:36] = 77
    assert torch.equal(varied, expected)


def test_erasing_takes_its_share_of_faces_and_area() -> None:
    settings = Augmentation(erasing=0.3)
    erase = draw(4000, 48, settings, torch.Generator().manual_seed(0)).erase
    assert erase is not None
    left, top, width, height, _ = erase.T
    hit = width > 0
    assert 0.27 < hit.float().mean() < 0.33
    area = (width * height)[hit]
    assert ERASED_AREA[0] - 1e-6 <= area.min() <= area.max() <= ERASED_AREA[1] + 1e-6
    assert ((left >= 0) & (left + width <= 1) & (top >= 0) & (top + height <= 1)).all()


def test_every_range_is_filled_and_no_more() -> None:
    settings = Augmentation(rotation=10, scale=0.2, brightness=0.1, contrast=0.4)
    many = draw(5000, 48, settings, torch.Generator().manual_seed(0))
    assert many.turn is not None
    assert many.grow is not None
    assert many.light is not None
    for values, low, high in (
        (many.turn.rad2deg(), -10, 10),
        (many.grow, 0.8, 1.2),
        (many.light[:, 0], -25.5, 25.5),
        (many.light[:, 1], 0.6, 1.4),
    ):
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high


PHOTO = Augmentation(gamma=0.4, shading=0.3, blurring=0.5, noise=0.05)


def test_changes_of_photos_stay_in_range_and_leave_some_faces_sharp() -> None:
    faces = torch.randint(0, 256, (40, 48, 48), dtype=torch.uint8)
    many = draw(40, 48, PHOTO, torch.Generator().manual_seed(0))
    varied = apply(faces, many)
    assert varied.shape == faces.shape
    assert 0 <= varied.min() <= varied.max() <= 255
    assert many.blur is not None
    assert 5 < (many.blur == 1).sum() < 35
    assert many.blur.max() <= 4


def test_gamma_keeps_black_and_white() -> None:
    faces = torch.tensor([0.0, 64.0, 255.0]).repeat(1, 24, 8)
    varied = apply(faces, upright(1, gamma=torch.tensor([2.0])))
    torch.testing.assert_close(varied[0, 0, :3], torch.tensor([0.0, 255 * (64 / 255) ** 2, 255.0]))


def test_shading_brightens_one_edge_and_darkens_the_other() -> None:
    varied = apply(torch.full((1, 24, 24), 100.0), upright(1, shade=torch.tensor([[0.5, 0.0]])))
    torch.testing.assert_close(varied[0, 5, [0, -1]], torch.tensor([50.0, 150.0]))


def test_blurring_removes_fine_detail_and_keeps_the_mean() -> None:
    stripes = (torch.arange(48) % 2 * 200.0).repeat(1, 48, 1)
    varied = apply(stripes, upright(1, blur=torch.tensor([4.0])))
    assert varied.std() < 0.2 * stripes.std()
    torch.testing.assert_close(varied.mean(), stripes.mean(), rtol=0.02, atol=0.5)


def test_rgb_faces_change_as_gray_ones_do() -> None:
    gray = torch.randint(0, 256, (6, 24, 24), dtype=torch.uint8)
    rgb = gray[..., None].expand(-1, -1, -1, 3)
    same = draw(6, 24, PHOTO, torch.Generator().manual_seed(1))
    one, other = apply(gray, same), apply(rgb, same)
    torch.testing.assert_close(other, one[..., None].expand_as(other))
