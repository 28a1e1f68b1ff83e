"""Items in tasks: all of them, once, in any mixture."""

from hypothesis import given
from hypothesis import strategies as st

from mien.batch.plan import Item, Task, estimate_cost, plan_tasks

ITEMS = st.lists(
    st.builds(
        Item,
        index=st.just(0),
        path=st.text(max_size=5),
        kind=st.sampled_from(["photo", "film"]),
        size=st.integers(0, 10**8),
        stamp=st.just(""),
        split_points=st.just(()),
    ),
    max_size=60,
)


@given(ITEMS)
def test_every_item_is_in_one_task_of_a_few_seconds(items: list[Item]) -> None:
    tasks = list(plan_tasks(items))
    split_into_tasks = [item for task in tasks for item in task.items]
    assert sorted(map(repr, split_into_tasks)) == sorted(map(repr, items))
    assert [task.number for task in tasks] == list(range(len(tasks)))
    assert tasks == list(plan_tasks(items))
    for task in tasks:
        assert task.items
        if len(task.items) > 1:
            assert {item.kind for item in task.items} == {"photo"}
            assert sum(map(estimate_cost, task.items[:-1])) < 4


def test_many_small_photos_are_several_tasks() -> None:
    tasks = list(plan_tasks(Item(n, f"{n}.png", "photo", 2000, "") for n in range(1000)))
    assert [len(task.items) for task in tasks] == [256, 256, 256, 232]


def test_a_split_video_has_a_task_per_part() -> None:
    video = Item(0, "a.mp4", "film", 10**7, "", split_points=(100, 250))
    photo = Item(1, "b.png", "photo", 100, "")
    first, second, third, last = plan_tasks([video, photo])
    parts = [task.part for task in (first, second, third) if task.part]
    assert [(part.start, part.stop) for part in parts] == [(None, 100), (100, 250), (250, None)]
    assert [(part.number, part.count) for part in parts] == [(0, 3), (1, 3), (2, 3)]
    assert list(second.siblings) == [0, 1, 2]
    assert (last.part, list(last.siblings)) == (None, [3])
    assert abs(sum(task.cost for task in (first, second, third)) - estimate_cost(video)) < 1e-9


@given(st.integers(2, 300))
def test_the_halves_of_a_task_have_all_its_items(count: int) -> None:
    items = tuple(Item(n, f"{n}.png", "photo", n, "") for n in range(count))
    task = Task(7, items, sum(map(estimate_cost, items)))
    first, last = task.split()
    assert first.items + last.items == items
    assert first.number == last.number == 7
    assert abs(first.cost + last.cost - task.cost) < 1e-9
