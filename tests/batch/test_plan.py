"""Inputs in pieces: all of them, once, in any mixture."""

from hypothesis import given
from hypothesis import strategies as st

from mien.batch.plan import Item, Piece, cost, plan

ITEMS = st.lists(
    st.builds(
        Item,
        index=st.just(0),
        path=st.text(max_size=5),
        kind=st.sampled_from(["photo", "film"]),
        size=st.integers(0, 10**8),
        stamp=st.just(""),
        cuts=st.just(()),
    ),
    max_size=60,
)


@given(ITEMS)
def test_every_item_is_in_one_piece_and_a_piece_takes_seconds(items: list[Item]) -> None:
    pieces = list(plan(items))
    in_pieces = [item for piece in pieces for item in piece.items]
    assert sorted(map(repr, in_pieces)) == sorted(map(repr, items))
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert pieces == list(plan(items))
    for piece in pieces:
        assert piece.items
        if len(piece.items) > 1:
            assert {item.kind for item in piece.items} == {"photo"}
            assert sum(map(cost, piece.items[:-1])) < 4


def test_many_small_photos_are_no_single_piece() -> None:
    pieces = list(plan(Item(n, f"{n}.png", "photo", 2000, "") for n in range(1000)))
    assert [len(piece.items) for piece in pieces] == [256, 256, 256, 232]


def test_a_video_that_is_cut_has_a_piece_a_part() -> None:
    video = Item(0, "a.mp4", "film", 10**7, "", cuts=(100, 250))
    photo = Item(1, "b.png", "photo", 100, "")
    first, second, third, last = plan([video, photo])
    spans = [piece.span for piece in (first, second, third) if piece.span]
    assert [(span.start, span.stop) for span in spans] == [(None, 100), (100, 250), (250, None)]
    assert [(span.number, span.parts) for span in spans] == [(0, 3), (1, 3), (2, 3)]
    assert list(second.siblings) == [0, 1, 2]
    assert (last.span, list(last.siblings)) == (None, [3])
    assert abs(sum(piece.cost for piece in (first, second, third)) - cost(video)) < 1e-9


@given(st.integers(2, 300))
def test_halves_hold_what_the_piece_held(count: int) -> None:
    items = tuple(Item(n, f"{n}.png", "photo", n, "") for n in range(count))
    piece = Piece(7, items, sum(map(cost, items)))
    first, last = piece.split()
    assert first.items + last.items == items
    assert first.number == last.number == 7
    assert abs(first.cost + last.cost - piece.cost) < 1e-9
