from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.browser.chrome import chrome, console
from tests.browser.csp import STRICTEST
from tests.conftest import make_user


@pytest.fixture
def site(live_server: Any) -> str:
    """Return the URL of a site with the pages, under the strictest Content-Security-Policy.

    ``--ds=tests.settings.browser`` sets the policy.
    """
    assert django_settings.CONTENT_SECURITY_POLICY == STRICTEST
    return str(live_server.url)


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return make_user()


@pytest.fixture
def open_browser(site: str, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open browsers. At the end, check that no console has a message about our pages."""
    opened: list[Any] = []

    def open_one(user: Any = None, **options: Any) -> Any:
        context = chrome(tmp_path / f"profile{len(opened)}", **options)
        browser = context.__enter__()
        opened.append((context, browser))
        if user is not None:
            log_in(browser, site, user)
            speak(browser, options.get("language", "en"))
        return browser

    try:
        yield open_one
        assert [line for _, browser in opened for line in console(browser)] == []
    finally:
        for context, _ in opened:
            context.__exit__(None, None, None)


def log_in(browser: Any, site: str, user: Any) -> None:
    client = Client()
    client.force_login(user)
    browser.get(f"{site}/accounts/login/")
    name = django_settings.SESSION_COOKIE_NAME
    browser.add_cookie({"name": name, "value": client.cookies[name].value, "path": "/"})


def speak(browser: Any, language: str) -> None:
    browser.add_cookie({"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language})
