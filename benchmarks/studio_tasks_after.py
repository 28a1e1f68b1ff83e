"""The steps of `studio_tasks.py` on Studio's page as it is."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.studio_hand import Hand
from playwright.sync_api import Locator, Page, expect


def see_a_label(hand: Hand) -> None:
    hand.think()
    hand.click(hand.page.get_by_role("link", name="Start camera"))
    hand.allow()
    expect(_person(hand.page)).to_contain_text("%")


def export_photos(hand: Hand, photos: Sequence[Path]) -> Path:
    page = hand.page
    hand.think()
    hand.browse(page.get_by_role("button", name="Choose files"), photos)
    expect(page.get_by_text(re.compile(f"^{len(photos)} files done")).first).to_be_visible()
    hand.think()
    hand.click(page.get_by_role("button", name="Download", exact=True))
    with page.expect_download() as saving:
        hand.click(page.get_by_role("menuitem", name="CSV"))
    return Path(saving.value.path())


def name_and_mark(hand: Hand, session: str, start: float, end: float) -> None:
    page = hand.page
    _open(hand, session)
    hand.think()
    hand.click(page.get_by_label("Name of person 1"))
    hand.type("Ada")
    hand.press("Enter")
    hand.think()
    _drag(hand, start, end)
    hand.click(page.get_by_role("button", name="Mark as interval"))
    expect(page.get_by_role("button", name="Ada").first).to_be_visible()


def find_smile(hand: Hand, session: str, smiles: Sequence[float]) -> None:
    """Picks the moment from the person's menu, which names it."""
    page = hand.page
    del smiles
    _open(hand, session)
    hand.think()
    hand.click(page.get_by_role("button", name="Find in Person 2"))
    hand.click(page.get_by_role("menuitem", name=re.compile("^Most happy")))


def correct(hand: Hand, label: str) -> None:
    page = hand.page
    see_a_label(hand)
    hand.think()
    hand.click(page.get_by_role("button", name="Dismiss"))  # the first of the hints
    hand.think()
    hand.click(page.get_by_role("button", name="Settings"))
    settings = page.get_by_role("dialog", name="Settings")
    hand.click(settings.get_by_text("New profile"))
    hand.click(settings.get_by_label("Name", exact=True))
    hand.type("Me")
    hand.press("Enter")
    expect(settings).to_contain_text("Me has no corrections yet")
    hand.press("Escape")
    hand.think()
    hand.click(_person(page).get_by_role("button", name="Wrong?"))
    hand.click(_person(page).get_by_role("button", name=label, exact=True))
    hand.think()
    expect(_person(page).locator(".title")).to_contain_text(label)


def _open(hand: Hand, session: str) -> None:
    hand.think()
    hand.click(hand.page.get_by_role("link", name=session))


def _drag(hand: Hand, start: float, end: float) -> None:
    """Drags over shares of the whole time; counts as two clicks."""
    surface, mouse = hand.page.locator(".surface"), hand.page.mouse
    box = surface.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    hand.clicks += 2
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down()
    for share in (start + 0.01, (start + end) / 2, end):
        mouse.move(box["x"] + share * box["width"], y)
    mouse.up()


def _person(page: Page) -> Locator:
    """The person in view: on a busy machine, the same face may get another person id."""
    return page.get_by_role("region", name=re.compile(r"^Person \d+$")).last
