"""The steps of `studio_tasks.py` on Studio as it was before its new page, at commit 08a13f8."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.studio_hand import Hand
from playwright.sync_api import Locator, Page, expect

AXIS = 44  # pixels on the left of the chart


def see_a_label(hand: Hand) -> None:
    hand.think()
    hand.click(hand.page.get_by_role("button", name="Start camera"))
    hand.allow()
    expect(_person(hand.page).locator("caption")).to_contain_text("%")


def export_photos(hand: Hand, photos: Sequence[Path]) -> Path:
    page = hand.page
    hand.think()
    hand.click(page.get_by_role("link", name="Analyze"))
    hand.browse(page.locator("input[type=file]").first, photos)
    expect(page.get_by_text(f"{len(photos)} of {len(photos)} files done")).to_be_visible()
    hand.think()
    hand.click(page.get_by_role("button", name="Save results"))
    hand.click(page.get_by_role("link", name=f"Open {len(photos)} photos"))
    hand.think()
    with page.expect_download() as saving:
        hand.click(page.get_by_role("link", name="CSV").first)
    return Path(saving.value.path())


def name_and_mark(hand: Hand, session: str, start: float, end: float) -> None:
    page = hand.page
    _open(hand, session)
    hand.think()
    hand.click(page.get_by_role("region", name="People").get_by_label("Name").first)
    hand.type("Ada")
    hand.press("Enter")
    hand.think()
    for share in (start, end):
        _click_timeline(hand, share)
        hand.press("i")
    expect(page.get_by_role("heading", name="Ada")).to_be_visible()


def find_smile(hand: Hand, session: str, smiles: Sequence[float]) -> None:
    """Reads the figure at each smile of the chart, then goes back to the highest."""
    page = hand.page
    _open(hand, session)
    hand.think()
    hand.choose(page.get_by_role("combobox", name="Person", exact=True), "Person 2")
    figures = []
    for share in smiles:
        _click_timeline(hand, share)
        hand.think()
        figures.append(_happiness(page))
    _click_timeline(hand, smiles[figures.index(max(figures))])


def correct(hand: Hand, label: str) -> None:
    page = hand.page
    see_a_label(hand)
    profile = page.get_by_role("region", name="Personal profile")
    hand.think()
    hand.click(profile.get_by_text("New profile"))
    hand.click(profile.get_by_label("Name", exact=True))
    hand.type("Me")
    hand.press("Enter")
    expect(profile).to_contain_text("Me has no corrections yet")
    hand.think()
    hand.click(_person(page).get_by_role("button", name=label, exact=True))
    expect(profile).to_contain_text("has learned from")
    hand.think()
    expect(_person(page).locator("caption")).to_contain_text(label)


def _open(hand: Hand, session: str) -> None:
    hand.think()
    hand.click(hand.page.get_by_role("link", name="Sessions"))
    hand.click(hand.page.get_by_role("link", name=session))


def _click_timeline(hand: Hand, share: float) -> None:
    """Clicks at a share of the whole time."""
    chart = hand.page.get_by_role("slider", name="Timeline")
    box = chart.bounding_box()
    assert box is not None
    x = AXIS + share * (box["width"] - AXIS)
    hand.click(chart, {"x": x, "y": box["height"] / 3})


def _happiness(page: Page) -> int:
    """Returns the percentage at the cursor, once the curves of the chosen person are there."""
    chart = page.get_by_role("slider", name="Timeline")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("happy"))
    reading = chart.get_attribute("aria-valuetext") or ""
    return int(reading.partition("happy ")[2].split()[0])


def _person(page: Page) -> Locator:
    """The person in view: on a busy machine, the same face may get another person id."""
    return page.get_by_role("region", name=re.compile(r"^Person \d+$")).last
