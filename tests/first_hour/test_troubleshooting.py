"""The page "Troubleshooting" has the texts of real errors, and the answers to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations

Token = get_token_model()
PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
TEXT = PAGE.read_text("utf-8")
HEADINGS = re.findall(r"^## (.+)", TEXT, re.MULTILINE)


def section(part: str) -> str:
    [heading] = [one for one in HEADINGS if part in one]
    return TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("although the header is sent", ["WSGIPassAuthorization On", "CloudFront", "nginx"]),
        ("403 instead of 401", ["SessionAuthentication"]),
        ("400 at login", ["Unable to log in with provided credentials.", "set_password()"]),
        ("406 and 415", ["Accept", "Content-Type"]),
        ("429", ["LOGIN_RATES", "Retry-After"]),
        ("CSRF Failed", ["credentials"]),
        ("CORS", ["CORS_EXPOSE_HEADERS"]),
        ("a POST that becomes a GET", ["slash"]),
        ("KeyNotShown", ["operations.issue(user)", "get_or_create"]),
        ("attribute 'auth_token'", ['request.auth.revoke(reason="logout")', "W009"]),
        ("NodeNotFoundError", ["authtoken", "dependencies"]),
        ("wrong language", ["LocaleMiddleware"]),
        ("no such table", ["migrate", "INSTALLED_APPS"]),
        ("'type' object is not iterable", ["DEFAULT_AUTHENTICATION_CLASSES", "comma"]),
    ],
)
def test_a_section_has_the_answer(part: str, words: list[str]) -> None:
    text = section(part)
    assert [word for word in words if word not in text] == []


def get(**headers: str) -> Any:
    return APIClient(headers=headers).get("/echo/")


def heading_for(response: Any) -> str:
    """Return the heading that a reader finds by the status and the text."""
    text = response.json()["detail"]
    [heading] = [one for one in HEADINGS if f"{response.status_code} " in one and text in one]
    return heading


def test_the_page_has_a_heading_for_each_refusal(user: Any) -> None:
    assert "although the header" in heading_for(get())
    assert heading_for(get(Authorization="Token nonsense"))
    token = operations.issue(user)
    header = {"Authorization": f"Token {token.key}"}
    assert get(**header).status_code == 200
    user.is_active = False
    user.save()
    assert heading_for(get(**header))
    user.is_active = True
    user.save()
    Token.objects.update(expires_at=timezone.now())
    assert heading_for(get(**header))


@override_settings(DRF_TOKEN_AUTH={"FAILED_KEY_RATE": "1/day"})
def test_the_page_has_a_section_for_too_many_refused_keys(user: Any) -> None:
    get(Authorization="Token nonsense")
    answer = get(Authorization="Token nonsense")
    assert answer.status_code == 429
    assert "FAILED_KEY_RATE" in section("429")


def test_the_page_has_the_texts_of_a_failed_login(user: Any) -> None:
    form = {"username": user.get_username(), "password": "wrong"}
    answer = APIClient().post("/auth/login/", form)
    assert answer.status_code == 400
    assert answer.json()["non_field_errors"][0] in section("400 at login")
    assert APIClient().post("/auth/login/", {}).json()["password"][0] in section("400 at login")


def test_the_page_replaces_a_lookup_by_key_with_a_line_that_works(user: Any) -> None:
    token = operations.issue(user)
    names = {"Token": Token, "key": token.key}
    [(old, new)] = re.findall(r"^\| `(Token\.objects\.get\(key=key\))` \| `([^`]+)`", TEXT, re.M)
    with pytest.raises(FieldError, match="A key can't be looked up"):
        eval(old, names)
    assert eval(new, names) == token


KOREAN = (PAGE.parent / "ko" / PAGE.name).read_text("utf-8")


@pytest.mark.parametrize("page", [TEXT, KOREAN], ids=["en", "ko"])
@pytest.mark.parametrize(
    "code",
    [
        'list(User.objects.select_related("auth_token"))',
        'list(User.objects.filter(pk=user.pk).prefetch_related("auth_token"))',
        'User.objects.filter(auth_token__key="x")',
        "user.auth_token_set",
        "user.auth_token",
        "from drf_token_auth.models import AuthToken",
        "from drf_token_auth.views import TokenObtainPairView",
        "from drf_token_auth.views import TokenRefreshView",
        "import drf_token_auth.auth",
        "import drf_token_auth.authtoken",
        "import drf_token_auth.tokens",
        "import drf_token_auth.settings",
        'importlib.import_module("drf-token-auth")',
        "Token.objects.get_or_create(user=user).key",
        "instance, key = Token.objects.create(user=user)",
        "Token.objects.create(user)",
        "Token(user=user, expiry=None)",
        "Token(user=user).created = None",
        'json.dumps({"token": Token(user=user)})',
    ],
)
def test_a_reader_finds_the_text_of_the_error(user: Any, page: str, code: str) -> None:
    names = {"User": type(user), "user": user, "Token": Token}
    with pytest.raises(Exception) as raised:  # noqa: PT011 -- each code raises an error of its own
        exec(f"import importlib, json\n{code}", names)
    # The name of the user model and the text after the first sentence differ between projects.
    text = str(raised.value).partition(" (/")[0].partition(" Choices are")[0].partition(". Did")[0]
    text = text.replace(type(user).__name__, "User").removeprefix("QuerySet.")
    assert len(text) > 20, text
    assert text.replace(f"{Token.__name__}() ", "Token() ").rstrip(".") in page
