"""The Korean texts are complete, compiled and sent to clients. Headers are always ASCII.

When a text has changed, run ``django-admin makemessages --locale ko --add-location file
--ignore "pages/*"`` in ``src/drf_token_auth``. If the text is in ``src/drf_token_auth/pages``, run
the command there, without ``--ignore``. Translate the texts that are empty or fuzzy. Then run
``django-admin compilemessages``.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import modify_settings, override_settings
from django.utils import timezone, translation
from django.utils.translation.template import templatize
from rest_framework.test import APIClient

import drf_token_auth
from drf_token_auth import get_token_model, operations

PACKAGE = Path(drf_token_auth.__file__).parent
# The pages are an app of their own, with texts for people who use a site.
APPS = [PACKAGE, PACKAGE / "pages"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
HANGUL = re.compile(r"[가-힣]")
GETTEXT = re.compile(r"""(?:\b_|gettext)\(u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""")


def catalogue(app: Path) -> Path:
    return app / "locale" / "ko" / "LC_MESSAGES" / "django.po"


def entries(app: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the comments, the English and the Korean of each entry except the header."""
    for entry in catalogue(app).read_text("utf-8").split("\n\n")[1:]:
        comments = "\n".join(line for line in entry.splitlines() if line.startswith("#"))
        texts = {"msgid": "", "msgid_plural": "", "msgstr": ""}
        field = ""
        for line in entry.splitlines():
            named = re.match(r"(msgid_plural|msgid|msgstr)(?:\[0\])? (.*)", line)
            if named:
                field, line = named[1], named[2]
            if line.startswith('"'):
                texts[field] += ast.literal_eval(line)
        yield comments, texts["msgid"], texts["msgstr"]


ENTRIES = {app: list(entries(app)) for app in APPS}
each_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)


def files_of(app: Path, pattern: str) -> Iterator[Path]:
    """Yield the files of this app that belong to no app inside it."""
    inner = [other for other in APPS if app in other.parents]
    for path in app.rglob(pattern):
        if not any(other in path.parents for other in inner):
            yield path


def used(app: Path) -> set[str]:
    """Return the texts that the app marks for translation."""
    found = set()
    for path in files_of(app, "*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy")
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(node.args[0].value)
    for path in files_of(app, "*.html"):
        calls = GETTEXT.findall(templatize(path.read_text("utf-8")))
        found.update(ast.literal_eval(text) for text in calls)
    return found


@each_app
def test_the_catalogue_has_every_text_and_no_other(app: Path) -> None:
    assert {text for _, text, _ in ENTRIES[app]} == used(app)


@pytest.mark.parametrize(
    ("comments", "english", "korean"), [entry for app in APPS for entry in ENTRIES[app]]
)
def test_a_text_is_translated(comments: str, english: str, korean: str) -> None:
    assert korean
    assert "fuzzy" not in comments
    assert HANGUL.search(korean)
    assert sorted(PLACEHOLDER.findall(english)) == sorted(PLACEHOLDER.findall(korean))
    assert english.endswith(".") == korean.endswith(".")


# 은/는, 이/가, 을/를, 과/와 and (으)로 depend on the last sound before them. The value of a
# variable may end in any sound.
PARTICLE = re.compile(r"%\(\w+\)[sd][\"”)]*(?:은|는|이|가|을|를|과|와|으로|로)(?![가-힣])")


@pytest.mark.parametrize("korean", [korean for app in APPS for _, _, korean in ENTRIES[app]])
def test_no_particle_depends_on_a_variable(korean: str) -> None:
    assert not PARTICLE.search(korean)


def test_a_text_of_two_apps_has_one_translation() -> None:
    """Django shows the translation of the app that is installed first, in all apps."""
    first, second = ({english: korean for _, english, korean in ENTRIES[app]} for app in APPS)
    assert {text: first[text] for text in first.keys() & second} == {
        text: second[text] for text in first.keys() & second
    }


@each_app
def test_the_compiled_catalogue_is_the_written_one(app: Path) -> None:
    with catalogue(app).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for _, english, korean in ENTRIES[app]:
        assert compiled.gettext(english) == korean or compiled.ngettext(english, "", 1) == korean
    assert compiled.info()["language"] == "ko"
    # The compiled catalogue also has the header.
    assert len(vars(compiled)["_catalog"]) == len(ENTRIES[app]) + 1


@pytest.fixture
def korean_client() -> Iterator[APIClient]:
    middleware = {"append": "django.middleware.locale.LocaleMiddleware"}
    with modify_settings(MIDDLEWARE=middleware), translation.override(None):
        yield APIClient(HTTP_ACCEPT_LANGUAGE="ko")


def present(client: APIClient, key: str) -> APIClient:
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def is_ascii(response: Any) -> bool:
    return bool(response.headers["WWW-Authenticate"].isascii())


def test_an_expired_token_is_refused_in_korean(korean_client: APIClient, user: Any) -> None:
    token = get_token_model().objects.create(user=user, expires_at=timezone.now())
    response = present(korean_client, token.key).get("/echo/")
    assert response.status_code == 401
    assert response.json() == {"detail": "토큰이 만료되었습니다."}
    assert response.data["detail"].code == "token_expired"
    assert response.headers["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'


def test_an_unknown_key_is_refused_in_korean(korean_client: APIClient, db: None) -> None:
    response = present(korean_client, "unknown").get("/echo/")
    assert response.json() == {"detail": "토큰이 유효하지 않습니다."}
    assert is_ascii(response)


def test_a_stale_login_is_refused_in_korean(korean_client: APIClient, user: Any) -> None:
    token = operations.issue(user)
    type(token).objects.filter(pk=token.pk).update(created_at=timezone.now() - timedelta(hours=1))
    response = present(korean_client, token.key).post("/auth/tokens/")
    assert response.status_code == 401
    assert response.json() == {"detail": "이 작업을 하려면 다시 로그인해 주세요."}
    assert is_ascii(response)


def test_a_wrong_password_is_refused_in_korean(korean_client: APIClient, user: Any) -> None:
    credentials = {"username": user.get_username(), "password": "wrong"}
    response = korean_client.post("/auth/login/", credentials)
    [refusal] = response.json()["non_field_errors"]
    # DRF has this text too. The app that is installed first translates it.
    assert HANGUL.search(refusal)
    assert response.data["non_field_errors"][0].code == "authorization"


@override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read", "write": "Write"}})
def test_scopes_that_the_token_lacks_are_refused_in_korean(
    korean_client: APIClient, user: Any
) -> None:
    token = operations.issue(user, scopes=["read"])
    response = present(korean_client, token.key).post("/auth/tokens/", {"scopes": ["write"]})
    assert response.status_code == 400
    assert response.json() == {"scopes": ["현재 토큰에 없는 스코프는 줄 수 없습니다."]}


def test_a_client_of_another_language_gets_english(korean_client: APIClient, db: None) -> None:
    korean_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    response = present(korean_client, "unknown").get("/echo/")
    assert response.json() == {"detail": "Invalid token."}
