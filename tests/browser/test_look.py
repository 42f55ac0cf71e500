"""Check the pages with axe, and whether they fit the window.

Set the environment variable PICTURES to a folder to save a picture of each page there.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.browser.chrome import DESKTOP, NARROW, PHONE, find, fits, prefer, resize
from tests.browser.sessions import age_logins, tie_to
from tests.browser.vendor import script

Token = get_token_model()
PICTURES = os.environ.get("PICTURES")
# The size of a picture for the documentation: as wide as the text of a page.
DOCUMENT = (960, 700)
SCOPES = {"read": "Read your notes", "write": "Write and delete notes for you"}
SCOPES_KO = {"read": "메모 읽기", "write": "메모 쓰기와 삭제"}


def keep(browser: Any, size: tuple[int, int], name: str) -> None:
    """Save a picture of the whole page, if PICTURES names a folder."""
    if PICTURES:
        width, _ = size
        # A scroll bar would make the page narrower and therefore longer.
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        resize(browser, (width, 300))
        height = browser.execute_script("return document.documentElement.scrollHeight")
        resize(browser, (width, height))
        path = Path(PICTURES) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(path))
        resize(browser, size)


def furnish(user: Any) -> dict[str, Any]:
    """Create three login and three personal tokens, with different lifetimes and last uses."""
    now = timezone.now()
    made = {}
    rows = [
        ("phone", "login", "Chrome on Android", None, 14, timedelta(minutes=3)),
        ("laptop", "login", "Firefox on Windows", None, 9, timedelta(hours=5)),
        ("tablet", "login", "Safari on iPad", None, 3, timedelta(days=12)),
        ("deploy", "personal", "GitHub deploy", ["read", "write"], 61, timedelta(minutes=3)),
        ("backup", "personal", "Nightly backup of the notes", ["read"], None, timedelta(hours=9)),
        ("old", "personal", "Old script", None, 2, None),
    ]
    for key, kind, name, scopes, days, used in rows:
        ttl = None if days is None else timedelta(days=days)
        token = operations.issue(user, kind=kind, name=name, scopes=scopes, ttl=ttl)
        Token.objects.filter(pk=token.pk).update(
            created_at=now - timedelta(days=30), last_used_at=used and now - used
        )
        made[key] = token
    return made


def paths_of(made: dict[str, Any]) -> dict[str, str]:
    return {
        "devices": "devices/",
        "device": f"devices/{made['phone'].pk}/",
        "devices-revoke": "devices/revoke/?others=1",
        "tokens": "api-tokens/",
        "token": f"api-tokens/{made['deploy'].pk}/",
        "token-new": "api-tokens/new/",
        "token-new-key": f"api-tokens/{made['deploy'].pk}/new-key/",
        "token-revoke": f"api-tokens/{made['backup'].pk}/revoke/",
    }


def objections(browser: Any, part: str = "html") -> list[str]:
    """Return the faults that axe finds in this part of the page.

    ``target-size`` (WCAG 2.2, 2.5.8) is not among axe's default rules.
    """
    if not browser.execute_script("return 'axe' in window"):
        browser.execute_script(script("axe.js"))
    report = browser.execute_async_script(
        "const [part, done] = arguments, rules = {'target-size': {enabled: true}};"
        "axe.run(part, {rules}).then(done, (e) => done(String(e)))",
        part,
    )
    return [
        f"{found['id']}: {node['html']} {node.get('failureSummary')}"
        for found in report["violations"]
        for node in found["nodes"]
    ]


def show_key(browser: Any, site: str, name: str) -> None:
    browser.get(f"{site}/account/api-tokens/new/?name={quote(name)}&scope=read")
    find(browser, "form[method=post] button[type=submit]").click()
    find(browser, "#token-key")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_and_axe_finds_no_fault(
    language: str, theme: str, open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES if language == "en" else SCOPES_KO}
    made = furnish(ada)
    browser = open_browser(ada, language=language)
    tie_to(made["phone"])
    prefer(browser, prefers_color_scheme=theme)
    for width, size in {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}.items():
        resize(browser, size)
        pages = {name: f"{site}/account/{path}" for name, path in paths_of(made).items()}
        for name, url in pages.items():
            browser.get(url)
            assert find(browser, "h1")
            assert fits(browser), (name, width)
            assert objections(browser) == [], (name, width)
            keep(browser, size, f"{name}-{language}-{theme}-{width}")
        show_key(browser, site, f"Weekly report {width}")
        assert fits(browser), width
        assert objections(browser) == []
        keep(browser, size, f"token-key-{language}-{theme}-{width}")


@pytest.mark.parametrize("look", ["right to left", "forced colours"])
def test_pages_fit_right_to_left_and_in_forced_colours(
    look: str, open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    made = furnish(ada)
    browser = open_browser(ada, language="ar" if look == "right to left" else "en")
    if look == "forced colours":
        prefer(browser, forced_colors="active")
    # At a zoom of 200 %, a window of 1280 pixels has room for 640.
    for size in (DESKTOP, (640, 450), NARROW):
        for name, path in paths_of(made).items():
            resize(browser, size)
            browser.get(f"{site}/account/{path}")
            is_rtl = find(browser, "html").get_attribute("dir") == "rtl"
            assert is_rtl == (look == "right to left")
            assert fits(browser), (name, size)
            assert objections(browser) == [], (name, size)
            keep(browser, size, f"{name}-{look.replace(' ', '-')}-{size[0]}")


def test_axe_finds_no_fault_on_rarer_pages(
    open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    browser = open_browser(ada)
    for size in (DESKTOP, PHONE):
        resize(browser, size)
        for name, path in {
            "empty-devices": "/account/devices/",
            "empty-tokens": "/account/api-tokens/",
            "nothing-chosen": "/account/devices/revoke/",
        }.items():
            browser.get(f"{site}{path}")
            assert objections(browser) == []
            keep(browser, size, f"{name}-{size[0]}")
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    furnish(ada)
    Token.objects.bulk_create(Token(user=ada, name=f"Device {number}") for number in range(60))
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES, "MAX_TOKENS_PER_USER": 3}
    age_logins()
    for size in (DESKTOP, PHONE):
        resize(browser, size)
        browser.get(f"{site}/account/devices/?page=2")
        assert objections(browser) == []
        keep(browser, size, f"many-devices-{size[0]}")
        browser.get(f"{site}/account/api-tokens/new/?name=GitHub+deploy&lifetime=date")
        keep(browser, size, f"asks-password-{size[0]}")
        assert objections(browser) == []
        browser.execute_script("document.querySelector('.dta-form').noValidate = true")
        find(browser, "form[method=post] button[type=submit]").click()
        find(browser, "[role=alert]")
        assert objections(browser) == []
        keep(browser, size, f"errors-{size[0]}")


def test_axe_finds_no_fault_on_the_pages_with_one_key(
    open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.browser.one_key_urls"
    browser = open_browser(ada)
    for state in ("none", "one"):
        for name, path in {"one-key": "", "one-key-new": "new/"}.items():
            browser.get(f"{site}/account/api-key/{path}")
            assert objections(browser) == []
            keep(browser, DESKTOP, f"{name}-{state}")
        find(browser, "form[method=post] button[type=submit]").click()
        find(browser, "#token-key")
    browser.get(f"{site}/account/api-key/revoke/")
    assert objections(browser) == []
    keep(browser, DESKTOP, "one-key-revoke")


def test_the_pages_fit_a_column_beside_a_menu(
    open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    """The window is wide, but the project gives the page only a part of it."""
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    made = furnish(ada)
    browser = open_browser(ada)
    for path in (paths_of(made)[name] for name in ("tokens", "devices", "token")):
        browser.get(f"{site}/account/{path}")
        for width in range(300, 960, 20):
            script = (
                "document.querySelector('main').style.inlineSize = arguments[0] + 'px';"
                "const page = document.querySelector('.dta');"
                "return page.scrollWidth <= page.clientWidth"
            )
            assert browser.execute_script(script, width), (path, width)
        keep(browser, DESKTOP, f"column-{path.strip('/').replace('/', '-')}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_readable_in_the_colours_of_the_site(
    scheme: str, open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    """The site has one colour scheme, and the system prefers the other."""
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    furnish(ada)
    browser = open_browser(ada)
    prefer(browser, prefers_color_scheme="dark" if scheme == "light" else "light")
    browser.get(f"{site}/account/api-tokens/")
    browser.execute_script(
        "document.body.className = ''; document.documentElement.style.colorScheme = arguments[0];"
        "document.body.style.background = arguments[0] === 'dark' ? '#111' : '#fff'",
        scheme,
    )
    assert objections(browser) == []
    keep(browser, DESKTOP, f"site-is-{scheme}")


def test_the_list_of_many_tokens_fits_and_can_be_searched(
    open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    furnish(ada)
    past = timezone.now() - timedelta(days=2)
    rows = [("personal", f"Job {number}", None) for number in range(30)]
    rows += [("personal", "Last year's job", past), ("personal", "백업", past)]
    Token.objects.bulk_create(
        Token(user=ada, kind=kind, name=name, expires_at=moment) for kind, name, moment in rows
    )
    browser = open_browser(ada)
    for size in (DESKTOP, NARROW):
        resize(browser, size)
        browser.get(f"{site}/account/api-tokens/?sort=name")
        find(browser, "details summary").click()
        assert "Last year's job" in find(browser, "details").text
        assert fits(browser)
        assert objections(browser) == []
        keep(browser, size, f"many-tokens-{size[0]}")
        find(browser, "[type=search]").send_keys("job 1")
        find(browser, "[role=search] button").click()
        find(browser, "[role=search] a")
        assert len(browser.find_elements("css selector", "tbody tr")) == 11
        assert objections(browser) == []
        keep(browser, size, f"search-{size[0]}")


def test_axe_finds_no_fault_if_the_user_must_log_in_again(
    open_browser: Any, site: str, ada: Any
) -> None:
    ada.set_unusable_password()
    ada.save()
    browser = open_browser(ada)
    age_logins()
    browser.get(f"{site}/account/api-tokens/new/")
    assert objections(browser) == []
    keep(browser, DESKTOP, "log-in-again")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_pictures_of_the_pages_are_made_for_the_documentation(
    language: str, open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    """The folder docs/_static/screenshots has these pictures."""
    suffix = "" if language == "en" else f"-{language}"
    scopes = {"SCOPES": SCOPES if language == "en" else SCOPES_KO}
    settings.DRF_TOKEN_AUTH = scopes
    made = furnish(ada)
    browser = open_browser(ada, language=language)
    tie_to(made["phone"])
    for theme in ("light", "dark"):
        prefer(browser, prefers_color_scheme=theme)
        settings.DRF_TOKEN_AUTH = scopes
        for name in ("api-tokens", "devices"):
            resize(browser, DOCUMENT)
            browser.get(f"{site}/account/{name}/")
            assert objections(browser) == []
            keep(browser, DOCUMENT, f"docs/{name}{suffix}-{theme}")
        settings.DRF_TOKEN_AUTH = {}
        browser.get(f"{site}/account/api-tokens/new/?name=Release+script")
        find(browser, "form[method=post] button[type=submit]").click()
        usage = find(browser, ".dta-usage code")
        # The port of the test's server differs each time. Show the same address in each picture.
        browser.execute_script(
            "const [usage, site] = arguments;"
            "usage.textContent = usage.textContent.replace(site, 'http://127.0.0.1:8000')",
            usage,
            site,
        )
        keep(browser, DOCUMENT, f"docs/new-key{suffix}-{theme}")
        Token.objects.get(name="Release script").delete()
