"""Lines of a queue take turns."""

import threading

from mien.server.fair_queue import FairQueue


def filled(**lines: int) -> FairQueue[str]:
    queue: FairQueue[str] = FairQueue()
    for line, count in lines.items():
        for number in range(count):
            queue.put(f"{line}{number}", line)
    return queue


def take_all(queue: FairQueue[str]) -> list[str | None]:
    return [queue.get() for _ in range(len(queue))]


def test_lines_take_turns_and_each_keeps_its_order() -> None:
    queue = filled(a=4, b=2, c=1)
    assert take_all(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_an_item_of_a_new_line_waits_for_one_item_of_each_other_line() -> None:
    queue = filled(a=100, b=100)
    queue.put("new", "c")
    assert [queue.get() for _ in range(3)] == ["a0", "b0", "new"]


def test_more_of_one_line_costs_it_its_turn() -> None:
    queue = filled(a=3, b=2)
    assert queue.get() == "a0"
    assert queue.get_nowait("a") == "a1"
    assert queue.get_nowait("none") is None
    assert take_all(queue) == ["b0", "a2", "b1"]
    assert queue.get_nowait("a") is None


def test_a_closed_queue_is_emptied_and_then_ends_all_that_wait() -> None:
    queue = filled(a=2)
    queue.close()
    assert [queue.get() for _ in range(4)] == ["a0", "a1", None, None]


def test_who_waits_gets_the_next_item_or_the_end() -> None:
    queue: FairQueue[str] = FairQueue()
    got: list[str | None] = []
    threads = [threading.Thread(target=lambda: got.append(queue.get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    queue.put("item", "a")
    queue.close()
    for thread in threads:
        thread.join(20)
    assert sorted(got, key=str) == [None, None, "item"]
