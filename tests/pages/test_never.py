"""Each test proves that one security fault of the pages cannot happen."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, modify_settings, override_settings
from django.utils import timezone
from django.views.debug import ExceptionReporter

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.pages.views import PageView, TokenNewView
from tests.lives import status_of
from tests.pages.test_make import NEW, key_in, make
from tests.queries import queries

Token = get_token_model()
ACCOUNT = "/account"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"


def paths_of(device: Any, personal: Any) -> list[str]:
    """Return the path of every page, for these two tokens."""
    return [
        f"{ACCOUNT}/devices/",
        f"{ACCOUNT}/devices/{device.pk}/",
        f"{ACCOUNT}/devices/{device.pk}/revoke/",
        f"{ACCOUNT}/devices/revoke/?id={device.pk}",
        f"{ACCOUNT}/devices/revoke/?others=1",
        f"{ACCOUNT}/api-tokens/",
        NEW,
        f"{ACCOUNT}/api-tokens/{personal.pk}/",
        f"{ACCOUNT}/api-tokens/{personal.pk}/new-key/",
        f"{ACCOUNT}/api-tokens/{personal.pk}/revoke/",
        f"{ACCOUNT}/api-tokens/revoke/?id={personal.pk}",
    ]


@pytest.fixture
def paths(user: Any, personal: Any) -> list[str]:
    return paths_of(operations.issue(user, name="phone"), personal)


class TestTheKey:
    ENGINES = ("db", "cache", "cached_db", "signed_cookies")
    STORAGES = ("session.SessionStorage", "cookie.CookieStorage", "fallback.FallbackStorage")

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("storage", STORAGES)
    def test_is_in_no_session_cookie_cache_message_or_log(
        self, user: Any, engine: str, storage: str, caplog: Any, settings: Any
    ) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        settings.MESSAGE_STORAGE = f"django.contrib.messages.storage.{storage}"
        page = Client()
        page.force_login(user)
        with caplog.at_level(logging.DEBUG):
            response = make(page)
            key = key_in(response)
            page.get(f"{ACCOUNT}/api-tokens/")
        assert key not in str(dict(page.session.items()))
        assert not any(
            key in s.session_data or key in str(s.get_decoded()) for s in Session.objects.all()
        )
        assert key not in str(page.cookies) + str(response.headers)
        assert key not in str(vars(cache)) + str(cache._cache)  # type: ignore[attr-defined]
        assert key not in caplog.text
        assert not LogEntry.objects.exists()

    def test_is_in_the_page_once_and_in_no_other_page(self, page: Client, paths: list[str]) -> None:
        response = make(page)
        key, text = key_in(response), response.content.decode()
        assert text.count(key) == 1
        assert key not in text.partition("<body")[0]
        for path in paths:
            other = page.get(path)
            assert other.status_code == 200
            assert key not in other.content.decode()

    def test_is_not_in_the_repr_of_the_context(self, page: Client) -> None:
        response = make(page)
        key = key_in(response)
        for layer in response.context:
            assert key not in repr([dict(one) for one in layer.dicts])

    @pytest.mark.parametrize("debug", [True, False])
    def test_is_in_no_report_of_an_error(
        self, page: Client, monkeypatch: Any, settings: Any, rf: Any, debug: bool
    ) -> None:
        made = []

        def break_down(view: Any, token: Any) -> None:
            made.append(keys.hidden(token.key))
            raise RuntimeError("broken")

        monkeypatch.setattr(TokenNewView, "get_usage", break_down)
        settings.DEBUG = debug
        with pytest.raises(RuntimeError) as raised:
            make(page)
        reporter = ExceptionReporter(rf.post(NEW), raised.type, raised.value, raised.tb)
        [key] = made
        for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
            assert "break_down" in report
            assert str(key) not in report

    def test_is_not_shown_again_after_a_reload(self, page: Client) -> None:
        make(page)
        assert 'id="token-key"' not in make(page).content.decode()
        assert Token.objects.count() == 1

    def test_is_kept_by_no_cache_history_or_snapshot(self, page: Client) -> None:
        response = make(page)
        for directive in ("no-store", "private", "no-cache"):
            assert directive in response.headers["Cache-Control"]
        text = response.content.decode()
        for attribute in ('hx-boost="false"', 'hx-history="false"', 'data-turbo="false"'):
            assert attribute in text
        assert '<meta name="turbo-cache-control" content="no-cache">' in text
        assert "data-turbo-temporary" in text


class TestAnotherUser:
    def test_every_page_of_another_users_tokens_is_missing(
        self, page: Client, other_user: Any
    ) -> None:
        theirs = operations.issue(other_user), operations.issue(other_user, kind="personal")
        for path in paths_of(*theirs):
            if f"/{theirs[0].pk}/" in path or f"/{theirs[1].pk}/" in path:
                assert page.get(path).status_code == 404
                assert page.post(path, {"name": "mine"}).status_code == 404
        assert {token.name for token in Token.objects.all()} == {""}

    def test_a_token_of_the_other_kind_is_missing(self, page: Client, user: Any) -> None:
        device = operations.issue(user)
        personal = operations.issue(user, kind="personal")
        for path in paths_of(personal, device):
            if f"/{device.pk}/" in path or f"/{personal.pk}/" in path:
                response = page.get(path)
                assert response.status_code == page.post(path).status_code == 404
                assert "<title>Not found</title>" in response.content.decode()
        assert Token.objects.count() == 2

    @pytest.mark.parametrize("change", ["expired", "revoked"])
    def test_an_expired_or_revoked_token_is_a_404(
        self, page: Client, user: Any, change: str
    ) -> None:
        device = operations.issue(user, name="phone")
        personal = operations.issue(user, kind="personal", name="CI")
        if change == "revoked":
            Token.objects.all().delete()
        else:
            Token.objects.update(expires_at=timezone.now())
        for path in paths_of(device, personal):
            if f"/{device.pk}/" in path or f"/{personal.pk}/" in path:
                assert page.get(path).status_code == page.post(path).status_code == 404
            elif "new" not in path:
                # The lists show expired tokens in a separate section, <details>.
                text = page.get(path).content.decode().partition("<details")[0]
                assert "phone" not in text

    @pytest.mark.parametrize(
        "pk", ["0", "-1", "007", "x", "%00", "9" * 30, "9" * 5000, "1_0", "٣", "1.0"]
    )
    def test_no_id_causes_a_server_error(self, page: Client, pk: str) -> None:
        for path in ("devices", "api-tokens"):
            assert page.get(f"{ACCOUNT}/{path}/{pk}/").status_code == 404


class TestStrangers:
    def test_must_log_in_first(self, paths: list[str]) -> None:
        for path in paths:
            for answer in (Client().get(path), Client().post(path)):
                assert answer.status_code == 302
                assert answer.headers["Location"].startswith("/accounts/login/?next=/account/")
        assert Token.objects.count() == 2

    def test_a_key_does_not_open_the_pages(self, user: Any, paths: list[str]) -> None:
        key = operations.issue(user).key
        for path in paths:
            assert Client().get(path, headers={"Authorization": f"Token {key}"}).status_code == 302

    def test_a_foreign_site_changes_nothing(self, user: Any, paths: list[str]) -> None:
        before = set(Token.objects.values_list("pk", "name", "hint"))
        for remove in ([], [CSRF]):
            with modify_settings(MIDDLEWARE={"remove": remove}):
                foreign = Client(enforce_csrf_checks=True)
                foreign.force_login(user)
                for path in paths:
                    data = {"name": "x", "lifetime": "never", "replaces": ""}
                    assert foreign.post(path, data).status_code == 403, (remove, path)
        assert set(Token.objects.values_list("pk", "name", "hint")) == before

    def test_no_page_can_be_framed_or_leaks_its_address(
        self, page: Client, paths: list[str]
    ) -> None:
        for path in [*paths, f"{NEW}?name=x"]:
            headers = page.get(path).headers
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "same-origin"
            assert "no-store" in headers["Cache-Control"]

    def test_no_parameter_sends_the_user_elsewhere(self, page: Client, personal: Any) -> None:
        evil = "next=//evil.example&success_url=//evil.example"
        rename = page.post(f"{ACCOUNT}/api-tokens/{personal.pk}/?{evil}", {"name": "x"})
        revoke = page.post(f"{ACCOUNT}/api-tokens/{personal.pk}/revoke/?{evil}")
        assert rename.headers["Location"] == revoke.headers["Location"] == f"{ACCOUNT}/api-tokens/"
        assert "evil" not in make(page, next="//evil.example").content.decode()


def test_a_get_writes_nothing(page: Client, paths: list[str]) -> None:
    for path in paths:
        with queries() as asked:
            response = page.get(path)
        assert response.status_code == 200
        assert [sql for sql in asked if not sql.startswith("SELECT")] == []
        assert "sessionid" not in response.cookies


def test_other_methods_do_nothing(page: Client, paths: list[str]) -> None:
    for path in paths:
        assert page.put(path).status_code == page.delete(path).status_code == 405
    assert Token.objects.count() == 2


class ReadsTokensElsewhere:
    """A router that reads tokens from a database that does not exist, so that a read fails."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "a replica" if model is Token else None


@override_settings(DATABASE_ROUTERS=[ReadsTokensElsewhere()])
def test_no_page_is_read_from_a_replica(page: Client, user: Any, personal: Any) -> None:
    for path in (f"{ACCOUNT}/devices/", f"{ACCOUNT}/api-tokens/", NEW):
        assert page.get(path).status_code == 200
    key = key_in(make(page))
    page.post(f"{ACCOUNT}/api-tokens/{personal.pk}/revoke/")
    with override_settings(DATABASE_ROUTERS=[]):
        assert status_of(key) == 200
    assert "backup" not in page.get(f"{ACCOUNT}/api-tokens/").content.decode()


def test_htmx_puts_no_page_into_another(page: Client, paths: list[str]) -> None:
    for path in paths:
        response = page.get(path, headers={"HX-Request": "true", "HX-Boosted": "true"})
        assert response.headers["HX-Redirect"] == path
        assert response.content == b""


def test_a_form_that_htmx_sends_is_not_lost(page: Client, personal: Any) -> None:
    page.post(f"{ACCOUNT}/api-tokens/{personal.pk}/revoke/", headers={"HX-Request": "true"})
    assert not Token.objects.filter(pk=personal.pk).exists()


def test_a_user_without_permission_creates_no_token(
    page: Client, personal: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(PageView, "may_make_token", lambda self: False)
    for path in (NEW, f"{ACCOUNT}/api-tokens/{personal.pk}/new-key/"):
        assert page.get(path).status_code == page.post(path).status_code == 403
    assert "new" not in page.get(f"{ACCOUNT}/api-tokens/").content.decode().split("<body")[1]
