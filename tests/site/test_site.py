"""In the built site, the wanted page is the first hit of the search and at most two clicks away.

``tox run -e docs`` builds the site and names its folder in ``SITE``.
"""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

from tests.site.search import Search

SITE = Path(os.environ["SITE"])

SEARCHES = {
    "install": "install",
    "first steps": "tutorial",
    "tutorial": "tutorial",
    "troubleshooting": "troubleshooting",
    "401": "troubleshooting",
    "csrf": "troubleshooting",
    "login": "how-to/log-in-and-out",
    "log out": "how-to/log-in-and-out",
    "token expiry": "how-to/expire",
    "refresh token": "how-to/expire",
    "log out all devices": "how-to/log-out-all-devices",
    "api key": "how-to/personal-tokens",
    "personal access token": "how-to/personal-tokens",
    "token page": "how-to/pages",
    "bearer": "how-to/bearer",
    "login response": "how-to/login-view",
    "remember me": "how-to/login-view",
    "brute force": "how-to/throttling",
    "rate limit": "how-to/throttling",
    "custom token model": "how-to/token-model",
    "testing": "how-to/testing",
    "password change": "how-to/password-change",
    "scopes": "how-to/scopes",
    "websocket": "how-to/without-a-request",
    "cookie": "how-to/cookies",
    "cron": "how-to/purge",
    "monitoring": "how-to/monitor",
    "nginx": "how-to/behind-a-proxy",
    "authorization header missing": "how-to/behind-a-proxy",
    "cors": "how-to/cors",
    "swagger": "how-to/browsable-api",
    "tenants": "how-to/databases",
    "pgbouncer": "how-to/databases",
    "audit package": "how-to/audit-packages",
    "impersonation": "how-to/impersonation",
    "gdpr": "how-to/delete-users",
    "soft delete": "how-to/delete-users",
    "leaked key": "how-to/incident",
    "uninstall": "how-to/uninstall",
    "read replica": "topics/replicas",
    "authtoken": "moving-in/authtoken",
    "knox": "moving-in/knox",
    "durin": "moving-in/durin",
    "simplejwt": "moving-in/simplejwt",
    "settings": "reference/settings",
    "admin": "reference/admin",
    "signals": "reference/signals",
    "threat model": "topics/security",
    "performance": "topics/performance",
    # More words that people type.
    "401 unauthorized": "troubleshooting",
    "token expired": "troubleshooting",
    "Authentication credentials were not provided": "troubleshooting",
    "AttributeError auth_token": "troubleshooting",
    "no such table": "troubleshooting",
    "too many requests": "troubleshooting",
    "delete old tokens": "how-to/purge",
    "multiple devices": "how-to/log-out-all-devices",
    "logout everywhere": "how-to/log-out-all-devices",
    "logout": "how-to/log-in-and-out",
    "curl": "how-to/log-in-and-out",
    "postman": "how-to/log-in-and-out",
    "axios": "how-to/log-in-and-out",
    "flutter": "how-to/log-in-and-out",
    "mobile app": "how-to/log-in-and-out",
    "react": "how-to/cookies",
    "where to store the token": "how-to/cookies",
    "pytest token": "how-to/testing",
    "password reset": "how-to/password-change",
    "uuid primary key": "how-to/token-model",
    "X-Api-Key": "how-to/authenticator",
    "X-Forwarded-For": "how-to/behind-a-proxy",
    "never expire": "how-to/expire",
    "2fa": "how-to/login-view",
    "machine to machine": "how-to/personal-tokens",
    "post_save": "tutorial",
    "social login": "how-to/neighbours/allauth",
    "dj-rest-auth": "how-to/neighbours/dj-rest-auth",
    "djoser": "how-to/neighbours/djoser",
    "SECRET_KEY": "topics/passwords",
    "python version": "reference/compatibility",
    "error codes": "reference/exceptions",
    "AttributeError": "troubleshooting",
    "설치": "ko/install",
    "설정": "ko/install",
    "튜토리얼": "ko/tutorial",
    "토큰": "ko/tutorial",
    "로그인": "ko/tutorial",
    "로그아웃": "ko/tutorial",
    "만료": "ko/tutorial",
    "토큰 만료": "ko/tutorial",
    "유저 모델": "ko/tutorial",
    "발급": "ko/tutorial",
    "오류": "ko/troubleshooting",
    "에러": "ko/troubleshooting",
    "자격 인증 데이터가 제공되지 않았습니다": "ko/troubleshooting",
    "인증 자격 증명이 제공되지 않았습니다": "ko/troubleshooting",
    "토큰이 유효하지 않습니다": "ko/troubleshooting",
    "권한": "ko/troubleshooting",
    "쉼표": "ko/troubleshooting",
    "폐기": "ko/pages",
    "기기": "ko/pages",
    "스코프": "ko/index",
    "API 키": "ko/your-api-key",
    "키 재발급": "ko/your-api-key",
}


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(SITE)


@pytest.mark.parametrize("words", SEARCHES)
def test_the_first_hit_is_the_page_that_people_look_for(search: Search, words: str) -> None:
    assert search.first(words) == SEARCHES[words]


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href and "://" not in href:
            self.targets.add(href.partition("#")[0])


def links(page: str) -> set[str]:
    parser = Links()
    parser.feed((SITE / f"{page}.html").read_text("utf-8"))
    here = PurePosixPath(page).parent
    return {
        os.path.normpath(here / target).removesuffix(".html") for target in parser.targets if target
    }


def test_a_korean_noun_is_found_with_its_particles(search: Search) -> None:
    """No page has the noun 본문 without a particle."""
    assert search.first("본문") == "ko/troubleshooting"


def test_each_page_is_at_most_two_clicks_away() -> None:
    one = links("index")
    two = one.union(*(links(page) for page in one if (SITE / f"{page}.html").exists()))
    assert set(SEARCHES.values()) - two == set()


def test_the_pages_in_the_list_for_programs_exist() -> None:
    listed = re.findall(r"\((https://[^)]+)\)", (SITE / "llms.txt").read_text("utf-8"))
    names = {url.partition("/latest/")[2] for url in listed}
    assert len(names) > 40
    assert [name for name in names if not (SITE / name).exists()] == []


@pytest.mark.parametrize(("page", "language"), [("tutorial", "en"), ("ko/tutorial", "ko")])
def test_a_page_names_its_language(page: str, language: str) -> None:
    assert f'lang="{language}"' in (SITE / f"{page}.html").read_text("utf-8")[:200]


def test_prompts_and_output_are_not_copied() -> None:
    script = (SITE / "_static" / "copybutton.js").read_text("utf-8")
    assert ">>> " in script
    assert "highlight-output" in script


def test_a_drawing_is_in_the_page_and_takes_its_colours() -> None:
    page = (SITE / "how-to" / "expire.html").read_text("utf-8")
    assert '<figure class="picture"><svg' in page
    assert 'fill="currentColor"' in page
