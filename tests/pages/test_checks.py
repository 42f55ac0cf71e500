"""The messages of ``manage.py check`` about the pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.urls import reverse_lazy

import drf_token_auth.pages
from drf_token_auth.pages import checks

# Some user models have checks that ask the database.
pytestmark = pytest.mark.django_db

PAGES = Path(drf_token_auth.pages.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"


def found() -> set[str]:
    return {one.id.partition(".")[2] for one in run_checks() if one.id.startswith(checks.ID)}


def test_a_project_that_is_set_up_gets_no_message() -> None:
    assert found() == set()


def plain_middleware(get_response: Any) -> Any:
    return get_response


def test_a_function_may_be_a_middleware(settings: Any) -> None:
    others = [path for path in settings.MIDDLEWARE if "Authentication" not in path]
    settings.MIDDLEWARE = [f"{__name__}.plain_middleware", *others]
    assert found() == {"E002"}


def test_a_missing_main_app_is_an_error(monkeypatch: Any) -> None:
    monkeypatch.setattr(apps, "get_app_configs", list)
    assert [one.id for one in checks.check_main_app()] == ["drf_token_auth_pages.E001"]


@pytest.mark.parametrize(
    ("missing", "ids"),
    [("AuthenticationMiddleware", {"E002"}), ("CsrfViewMiddleware", {"W001"})],
)
def test_missing_middleware_is_reported(settings: Any, missing: str, ids: set[str]) -> None:
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if missing not in path]
    assert found() == ids
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "no.such.Middleware"]
    assert found() == ids


def test_a_subclass_of_a_middleware_counts(settings: Any) -> None:
    own = f"{__name__}.OwnCsrf"
    settings.MIDDLEWARE = [own if "Csrf" in path else path for path in settings.MIDDLEWARE]
    assert found() == set()


class OwnCsrf(checks.CsrfViewMiddleware):
    pass


def test_templates_that_are_not_found_are_an_error(settings: Any) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "APP_DIRS": False}]
    assert found() == {"E003"}


@pytest.mark.parametrize("url", ["/nowhere/", "no-such-name", reverse_lazy("no-such-name")])
def test_a_login_url_that_leads_nowhere_is_an_error(settings: Any, url: Any) -> None:
    settings.LOGIN_URL = url
    assert found() == {"E004"}
    settings.ROOT_URLCONF = "tests.urls"
    assert found() == set()


@pytest.mark.parametrize("url", ["login", "/accounts/login/?a=1", "https://sso.example/", None])
def test_any_other_login_url_gets_no_message(settings: Any, url: Any) -> None:
    settings.LOGIN_URL = url
    assert found() == set()


@pytest.mark.parametrize("name", ["MIDDLEWARE", "TEMPLATES", "ROOT_URLCONF", "LOGIN_URL"])
@pytest.mark.parametrize("value", [None, 7, ["no.such.module"], [{}], "no.such.module"])
def test_no_check_raises(settings: Any, name: str, value: Any) -> None:
    setattr(settings, name, value)
    for check in (checks.check_middleware, checks.check_templates, checks.check_login_url):
        assert isinstance(check(), list)


def test_every_check_is_documented() -> None:
    ids = set(re.findall(r'f"{ID}\.([EW]\d+)"', (PAGES / "checks.py").read_text("utf-8")))
    text = (DOCS / "reference" / "pages.md").read_text("utf-8")
    assert set(re.findall(r"`drf_token_auth_pages\.([EW]\d+)`", text)) == ids
