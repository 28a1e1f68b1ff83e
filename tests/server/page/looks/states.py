"""The states of the page that must be accessible and keep their looks: how to get to each."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.server.page.looks.stage import Stage, draw_photo

LOOKS = {
    "wide-light": (1440, 900, "light"),
    "wide-dark": (1440, 900, "dark"),
    "phone-light": (390, 844, "light"),
    "phone-dark": (390, 844, "dark"),
}
PHOTOS = (
    draw_photo("ada.jpg", ["happy"], 0),
    draw_photo("grace.jpg", ["neutral", "surprise"], 1, 0.64),
    draw_photo("team.jpg", ["happy", "neutral", "sad"], 2, 0.71),
    draw_photo("lin.jpg", ["angry"], 3, 0.48),
    draw_photo("wall.jpg", [], 4),
)


def show_first_run(stage: Stage) -> None:
    stage.have_no_sessions()
    stage.open("home")
    expect(stage.page.get_by_role("heading", level=1)).to_be_visible()


def show_start(stage: Stage) -> None:
    stage.open("home")
    expect(stage.page.get_by_role("link", name="Monday")).to_be_visible()


def show_live_off(stage: Stage) -> None:
    stage.open("live")
    expect(stage.page.get_by_role("button", name="Start camera")).to_be_visible()


def show_live(stage: Stage) -> None:
    show_live_off(stage)
    stage.page.get_by_role("button", name="Start camera").click()
    expect(_people(stage)).to_have_count(2)
    _settle(stage)


def show_live_recording(stage: Stage) -> None:
    show_live(stage)
    stage.page.get_by_role("button", name="Record", exact=True).click()
    expect(stage.page.get_by_role("button", name="Stop recording")).to_be_visible()
    expect(stage.page.get_by_role("button", name="Add marker")).to_be_visible()
    _pause(stage)


def show_live_paused(stage: Stage) -> None:
    show_live(stage)
    _pause(stage)


def show_live_denied(stage: Stage) -> None:
    refuse = "navigator.mediaDevices.getUserMedia = async () => {{ throw {}; }}"
    stage.page.add_init_script(refuse.format("new DOMException('', 'NotAllowedError')"))
    show_live_off(stage)
    stage.page.get_by_role("button", name="Start camera").click()
    expect(stage.page.get_by_text("Camera access denied").first).to_be_visible()


def show_live_correction(stage: Stage) -> None:
    show_live(stage)
    stage.page.get_by_text("Wrong?").first.click()
    expect(stage.page.get_by_role("button", name="surprise").first).to_be_visible()


def show_tour(stage: Stage) -> None:
    stage.page.add_init_script("localStorage.removeItem('mien-tour')")
    show_live(stage)
    expect(stage.page.get_by_role("dialog", name="Hint 1 of 4")).to_be_visible()


def show_analyze_empty(stage: Stage) -> None:
    stage.open("analyze")
    expect(stage.page.locator("input[type=file]").first).to_be_attached()


def show_analyze_busy(stage: Stage) -> None:
    pending = [draw_photo(f"new-{at}.jpg", ["happy"], at, is_answered=False) for at in (1, 2, 3)]
    show_analyze_empty(stage)
    files = stage.answer_photos(PHOTOS[0], *pending)
    stage.page.locator("input[type=file]").first.set_input_files(files)
    expect(stage.page.get_by_text("1 of 4")).to_be_visible()


def show_analyze_results(stage: Stage) -> None:
    show_analyze_empty(stage)
    broken = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are notes"}
    files = [*stage.answer_photos(*PHOTOS), broken]
    stage.page.locator("input[type=file]").first.set_input_files(files)
    expect(stage.page.get_by_text("6 files done").first).to_be_visible()
    _settle(stage)


def show_analyze_detail(stage: Stage) -> None:
    show_analyze_results(stage)
    stage.page.get_by_text("team.jpg").first.click()
    expect(stage.page.get_by_role("region", name="Face 3")).to_be_visible()
    _settle(stage)


def show_sessions_empty(stage: Stage) -> None:
    stage.have_no_sessions()
    stage.open("sessions")
    expect(stage.page.get_by_text("No sessions yet")).to_be_visible()


def show_sessions(stage: Stage) -> None:
    stage.open("sessions")
    expect(stage.page.get_by_role("link", name="Monday")).to_be_visible()


def show_deletion(stage: Stage) -> None:
    show_sessions(stage)
    stage.page.get_by_role("button", name="Delete Monday").click()
    expect(stage.page.get_by_role("dialog")).to_be_visible()


def show_session(stage: Stage) -> None:
    stage.open(f"sessions/{stage.sessions['Monday']}")
    expect(stage.page.get_by_role("slider", name="Timeline")).to_be_visible()
    _settle(stage)


def show_session_with_video(stage: Stage) -> None:
    stage.open(f"sessions/{stage.sessions['video']}")
    expect(stage.page.get_by_role("slider", name="Timeline")).to_be_visible()
    expect(stage.page.locator("video")).to_be_visible()
    _settle(stage)


def show_session_missing(stage: Stage) -> None:
    stage.open("sessions/999999")
    expect(stage.page.get_by_role("heading", name="Session not found")).to_be_visible()


def show_comparison(stage: Stage) -> None:
    stage.open(f"sessions/compare/{stage.sessions['Monday']}/{stage.sessions['Tuesday']}")
    expect(stage.page.get_by_role("heading", name=re.compile("Compare"))).to_be_visible()
    _settle(stage)


def show_settings(stage: Stage) -> None:
    show_first_run(stage)
    stage.page.get_by_role("button", name="Settings").click()
    expect(stage.page.get_by_role("dialog", name="Settings")).to_be_visible()
    expect(stage.page.get_by_text("free.")).to_be_visible()
    _settle(stage)


def show_help(stage: Stage) -> None:
    show_first_run(stage)
    stage.page.get_by_role("button", name="Help").click()
    expect(stage.page.get_by_text("1 licence")).to_be_visible()
    _settle(stage)


def show_shortcuts(stage: Stage) -> None:
    show_first_run(stage)
    stage.page.keyboard.press("?")
    expect(stage.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def show_code(stage: Stage) -> None:
    stage.open("code")
    expect(stage.page.get_by_role("group").get_by_role("button", name="happy")).to_be_enabled()
    _settle(stage)


def show_server_lost(stage: Stage) -> None:
    stage.page.route("**/v1/**", lambda route: route.abort())
    stage.page.route("**/healthz", lambda route: route.abort())
    stage.open("sessions")
    expect(stage.page.get_by_role("alert").first).to_be_visible()


STATES: dict[str, Callable[[Stage], None]] = {
    "first-run": show_first_run,
    "start": show_start,
    "live-off": show_live_off,
    "live": show_live,
    "live-recording": show_live_recording,
    "live-paused": show_live_paused,
    "live-denied": show_live_denied,
    "live-correction": show_live_correction,
    "live-tour": show_tour,
    "analyze-empty": show_analyze_empty,
    "analyze-busy": show_analyze_busy,
    "analyze-results": show_analyze_results,
    "analyze-detail": show_analyze_detail,
    "sessions-empty": show_sessions_empty,
    "sessions": show_sessions,
    "sessions-deletion": show_deletion,
    "session": show_session,
    "session-video": show_session_with_video,
    "session-missing": show_session_missing,
    "compare": show_comparison,
    "settings": show_settings,
    "help": show_help,
    "shortcuts": show_shortcuts,
    "code": show_code,
    "server-lost": show_server_lost,
}

# The states that keep their looks: each view empty and full. The others differ little from these.
PICTURED = (
    "first-run",
    "start",
    "live-off",
    "live-paused",
    "live-recording",
    "analyze-empty",
    "analyze-results",
    "analyze-detail",
    "sessions-empty",
    "sessions",
    "session",
    "session-video",
    "compare",
    "settings",
    "help",
)


def look(stage: Stage, name: str) -> None:
    """Changes the window's size and the colour scheme."""
    width, height, scheme = LOOKS[name]
    stage.page.set_viewport_size({"width": width, "height": height})
    stage.page.emulate_media(color_scheme=scheme)


def _people(stage: Stage) -> Locator:
    return stage.page.get_by_role("region", name=re.compile(r"^Person \d+$"))


def _pause(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Pause").click()
    expect(stage.page.get_by_text("Paused")).to_be_visible()


def _settle(stage: Stage) -> None:
    """Waits until what was asked for is there, such as images and curves."""
    stage.page.wait_for_load_state("networkidle")
