"""Every page in both themes, both languages and at each width; with PICTURES it is kept."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.browser.chrome import DESKTOP, NARROW, PHONE, find, fits, prefer, resize

Token = get_token_model()
PICTURES = os.environ.get("PICTURES")
SCOPES = {"read": "Read your notes", "write": "Write and delete notes for you"}
SCOPES_KO = {"read": "메모 읽기", "write": "메모 쓰기와 삭제"}


def keep(browser: Any, name: str) -> None:
    if PICTURES:
        height = browser.execute_script("return document.documentElement.scrollHeight")
        width = browser.execute_script("return window.innerWidth")
        resize(browser, (width, max(height, 300)))
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(PICTURES) / f"{name}.png"))


def furnish(user: Any) -> dict[str, Any]:
    """Tokens as a user of a few months has them."""
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


def test_every_page(open_browser: Any, site: str, ada: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    made = furnish(ada)
    paths = {
        "devices": "devices/",
        "device": f"devices/{made['phone'].pk}/",
        "devices-revoke": "devices/revoke/?others=1",
        "tokens": "api-tokens/",
        "token": f"api-tokens/{made['deploy'].pk}/",
        "token-new": "api-tokens/new/",
        "token-new-key": f"api-tokens/{made['deploy'].pk}/new-key/",
        "token-revoke": f"api-tokens/{made['backup'].pk}/revoke/",
    }
    for language in ("en", "ko"):
        settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES if language == "en" else SCOPES_KO}
        browser = open_browser(ada, language=language)
        for theme in ("light", "dark"):
            prefer(browser, prefers_color_scheme=theme)
            for width, size in {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}.items():
                for name, path in paths.items():
                    resize(browser, size)
                    browser.get(f"{site}/account/{path}")
                    assert find(browser, "h1")
                    assert fits(browser), (name, width)
                    keep(browser, f"{name}-{language}-{theme}-{width}")
