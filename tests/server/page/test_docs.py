"""The API's documentation in the browser: complete, from this server alone, under the policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.server.page.conftest import OpenPage, Studio, ask
from tests.server.page.looks.axe import find_violations

pytestmark = pytest.mark.slow


@pytest.fixture
def requested() -> list[str]:
    return []


@pytest.fixture
def docs(studio: Studio, open_page: OpenPage, requested: list[str]) -> Page:
    page = open_page("about:blank")
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{studio.url}/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    return page


def test_every_operation_is_listed(studio: Studio, docs: Page) -> None:
    paths = ask(studio, docs, "/openapi.json")["paths"]
    operations = sum(len(operations) for operations in paths.values())
    expect(docs.locator(".opblock")).to_have_count(operations)


def test_a_request_can_be_tried(docs: Page) -> None:
    health = docs.locator("#operations-server-health_healthz_get")
    health.locator(".opblock-summary-control").click()
    health.get_by_role("button", name="Try it out").click()
    health.get_by_role("button", name="Execute").click()
    status = health.locator(".live-responses-table tbody .response-col_status").first
    expect(status).to_contain_text("200")


def test_nothing_comes_from_another_host(studio: Studio, docs: Page, requested: list[str]) -> None:
    docs.locator(".opblock-summary-control").first.click()
    expect(docs.locator(".opblock.is-open")).to_have_count(1)
    hosts = {url for url in requested if not url.startswith(("data:", "blob:", studio.url))}
    assert len(requested) > 5
    assert hosts == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_follows_the_colour_scheme_and_fits_a_phone(
    studio: Studio, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(
        f"{studio.url}/docs", color_scheme=scheme, viewport={"width": 360, "height": 740}
    )
    for method in ("post", "get", "delete", "put"):
        page.locator(f".opblock-{method} .opblock-summary-control").first.click()
    expect(page.get_by_role("button", name="Try it out")).to_have_count(4)
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") == (
        scheme == "dark"
    )
