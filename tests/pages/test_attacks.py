"""Unusual requests and unusual projects cause no server error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.views import LoginView
from django.test import Client, modify_settings, override_settings
from django.urls import include, path
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.logins.age import _LOGIN_AT
from drf_token_auth.pages.views import TokenListView
from tests.conftest import PASSWORD
from tests.lives import at, status_of
from tests.pages.test_make import MONTH, NEW, errors, key_in, make
from tests.pages.test_never import paths_of
from tests.pages.test_step_up import asks_password, stale_page
from tests.pages.urls import urlpatterns as plain
from tests.queries import queries

Token = get_token_model()
TOKENS = "/account/api-tokens/"


class Translated:
    urlpatterns = [*i18n_patterns(path("me/", include("drf_token_auth.pages.urls"))), *plain[:1]]


class Nested:
    inner = ([path("me/", include("drf_token_auth.pages.urls"))], "shop")
    urlpatterns = [path("shop/", include(inner)), *plain[:1]]


class WithLogin:
    login = LoginView.as_view(template_name="admin/login.html")
    urlpatterns = [path("accounts/login/", login), *plain[1:]]


class Named:
    pages = include("drf_token_auth.pages.urls", namespace="people")
    urlpatterns = [path("me/", pages), *plain[:1]]


class Replaced:
    """The project's own view stands before the include of the pages."""

    own = path("account/api-tokens/", TokenListView.as_view(title="Our API tokens"))
    urlpatterns = [own, *plain]


class TestUrls:
    @pytest.mark.parametrize(
        ("urls", "prefix"), [(Translated, "/en-us/me"), (Nested, "/shop/me"), (Named, "/me")]
    )
    def test_the_pages_link_to_each_other(
        self, page: Client, user: Any, settings: Any, urls: Any, prefix: str
    ) -> None:
        settings.ROOT_URLCONF = urls
        device, personal = operations.issue(user), operations.issue(user, kind="personal")
        for one in paths_of(device, personal):
            response = page.get(one.replace("/account", prefix))
            assert response.status_code == 200
            assert f'href="{prefix}/api-tokens/"' in response.content.decode()
        response = page.post(f"{prefix}/api-tokens/{personal.pk}/revoke/")
        assert response.headers["Location"] == f"{prefix}/api-tokens/"
        data = {"name": "deploy", "lifetime": MONTH}
        assert key_in(page.post(f"{prefix}/api-tokens/new/", data))

    def test_a_project_replaces_one_page(self, page: Client, user: Any, settings: Any) -> None:
        settings.ROOT_URLCONF = Replaced
        token = operations.issue(user, kind="personal")
        text = page.get("/account/api-tokens/").content.decode()
        assert "Our API tokens" in text
        for page_path in ("devices/", f"api-tokens/{token.pk}/"):
            assert f'href="/account/{page_path}"' in text


class TestProjects:
    @modify_settings(
        INSTALLED_APPS={"remove": "django.contrib.messages"},
        MIDDLEWARE={"remove": "django.contrib.messages.middleware.MessageMiddleware"},
    )
    def test_the_pages_work_without_djangos_messages(
        self, page: Client, personal: Any, settings: Any
    ) -> None:
        options = {"context_processors": []}
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": options}]
        done = page.post(f"{TOKENS}{personal.pk}/", {"name": "nightly"}, follow=True)
        assert "nightly" in done.content.decode()
        assert page.post(f"{TOKENS}{personal.pk}/revoke/", follow=True).status_code == 200
        assert page.get(TOKENS, {"q": Token.generate_key()}, follow=True).status_code == 200
        assert key_in(make(page))

    @pytest.mark.parametrize("engine", ["cache", "cached_db", "signed_cookies", "file"])
    def test_a_password_is_enough_with_any_store_of_sessions(
        self, user: Any, settings: Any, tmp_path: Any, engine: str
    ) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        settings.SESSION_FILE_PATH = str(tmp_path)
        page = stale_page(user)
        assert "password" in errors(make(page))
        assert status_of(key_in(make(page, password=PASSWORD))) == 200
        assert not asks_password(page.get(NEW))

    @pytest.mark.parametrize("value", [1234567, "1,5"])
    def test_the_password_form_shows_a_user_name_of_any_type(
        self, user: Any, settings: Any, monkeypatch: Any, value: Any
    ) -> None:
        settings.USE_THOUSAND_SEPARATOR = True
        monkeypatch.setattr(type(user), "get_username", lambda self: value)
        page = stale_page(user)
        assert f'value="{value}" autocomplete="username"' in page.get(NEW).content.decode()
        assert errors(make(page, password="wrong")) == {"password": ["The password is wrong."]}

    def test_an_inactive_user_creates_no_token(
        self, page: Client, user: Any, settings: Any
    ) -> None:
        backend = "django.contrib.auth.backends.AllowAllUsersModelBackend"
        settings.AUTHENTICATION_BACKENDS = [backend]
        type(user).objects.update(is_active=False)
        page.force_login(user, backend=backend)
        assert make(page).status_code == 302
        assert not Token.objects.exists()

    def test_a_user_who_was_deactivated_sees_nothing(self, page: Client, user: Any) -> None:
        type(user).objects.update(is_active=False)
        assert page.get(TOKENS).status_code == make(page).status_code == 302
        assert not Token.objects.exists()

    def test_a_user_who_was_deleted_sees_nothing(self, page: Client, user: Any) -> None:
        type(user).objects.all().delete()
        assert page.get(TOKENS).status_code == make(page).status_code == 302


class TestRequests:
    def test_head_and_options_write_nothing(self, page: Client, user: Any, personal: Any) -> None:
        paths = paths_of(operations.issue(user), personal)
        before = list(Token.objects.values())
        for one in paths:
            with queries() as asked:
                head, options = page.head(one), page.options(one)
            assert (head.status_code, head.content, options.status_code) == (200, b"", 200)
            assert [sql for sql in asked if not sql.startswith("SELECT")] == []
            assert page.patch(one).status_code == page.trace(one).status_code == 405
        assert list(Token.objects.values()) == before

    @pytest.mark.parametrize("text", ["\x00", "x" * 10_000, "-1", "1e9", "🙂", "%", "[]"])
    def test_absurd_parameters_are_no_error(self, page: Client, personal: Any, text: str) -> None:
        for name in ("page", "sort", "q"):
            assert page.get(TOKENS, {name: text}).status_code == 200
        for name in ("name", "days", "lifetime", "expires_on", "scope"):
            assert page.get(NEW, {name: text}).status_code == 200
        for name in ("id", "others"):
            assert page.get("/account/devices/revoke/", {name: text}).status_code == 200

    @pytest.mark.parametrize(
        "data",
        [
            {"lifetime": "x"},
            {"lifetime": "-1"},
            {"lifetime": "0"},
            {"lifetime": "9" * 400},
            {"lifetime": "date", "expires_on": "0001-01-01"},
            {"lifetime": "date", "expires_on": "9" * 9000},
            {"lifetime": MONTH, "name": ["a", ""]},
        ],
    )
    def test_absurd_data_makes_no_token(self, page: Client, data: Any) -> None:
        assert errors(make(page, **data))
        assert not Token.objects.exists()

    def test_a_stale_form_creates_no_token(self, user: Any, settings: Any) -> None:
        """The user has logged in again in another tab, so the form has an old CSRF token."""
        settings.ROOT_URLCONF = WithLogin
        tab = Client(enforce_csrf_checks=True)
        tab.force_login(user)
        form = tab.get(NEW).context["csrf_token"]
        credentials = {"username": user.get_username(), "password": PASSWORD}
        login = {"csrfmiddlewaretoken": str(tab.get("/accounts/login/").context["csrf_token"])}
        assert tab.post("/accounts/login/", {**credentials, **login}).status_code == 302
        data = {"name": "ci", "lifetime": MONTH, "csrfmiddlewaretoken": str(form)}
        response = tab.post(NEW, data)
        assert response.status_code == 403
        assert not Token.objects.exists()
        fresh = str(tab.get(NEW).context["csrf_token"])
        assert key_in(tab.post(NEW, {**data, "csrfmiddlewaretoken": fresh}))

    def test_two_tabs_with_the_same_form_create_two_tokens(self, page: Client) -> None:
        page.get(NEW)
        page.get(NEW)
        assert key_in(make(page, name="first"))
        assert key_in(make(page, name="second"))
        assert "name" in errors(make(page, name="first"))


class TestLifetimes:
    def test_a_wrong_number_of_days_in_a_link_chooses_the_default(self, page: Client) -> None:
        form = page.get(f"{NEW}?days=0").context["form"]
        assert form["lifetime"].value() == str(90 * 86_400)

    @pytest.mark.parametrize("hours", [24, 36, 24 * 45])
    def test_the_form_offers_no_day_that_max_ttl_would_cut(self, page: Client, hours: int) -> None:
        now = timezone.now()
        with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": timedelta(hours=hours)}), at(now):
            field = page.get(NEW).context["form"].fields["expires_on"]
            last = field.widget.attrs["max"]
            make(page, lifetime="date", expires_on=last)
        expires = Token.objects.get().expires_at
        local = timezone.localtime(expires) if timezone.is_aware(expires) else expires
        assert (local.date().isoformat(), local.hour, local.minute) == (last, 23, 59)

    def test_the_form_has_no_field_for_a_day_if_max_ttl_would_cut_every_day(
        self, page: Client, user: Any
    ) -> None:
        now = timezone.now()
        local = timezone.localtime(now) if timezone.is_aware(now) else now
        morning = now - timedelta(hours=local.hour - 9)
        with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": timedelta(hours=1)}), at(morning):
            page.force_login(user)
            form = page.get(NEW).context["form"]
            assert "expires_on" not in form.fields
            assert "date" not in dict(form.fields["lifetime"].choices)
            assert "lifetime" in errors(make(page, lifetime="date", expires_on="2999-01-01"))

    @pytest.mark.parametrize("ttl", [None, timedelta(days=400), timedelta(seconds=90)])
    @pytest.mark.parametrize("longest", [None, timedelta(days=1), timedelta(days=365)])
    def test_one_lifetime_is_chosen_and_can_be_sent(
        self, page: Client, ttl: Any, longest: Any
    ) -> None:
        with override_settings(DRF_TOKEN_AUTH={"PERSONAL_TTL": ttl, "MAX_TTL": longest}):
            form = page.get(NEW).context["form"]
            chosen = form["lifetime"].value()
            assert chosen in dict(form.fields["lifetime"].choices)
            assert key_in(make(page, lifetime=chosen))
        left = Token.objects.get().expires_at
        expected = min((one for one in (ttl, longest) if one is not None), default=None)
        assert (left is None) is (expected is None)


def test_more_than_a_hundred_chosen_tokens_are_all_revoked(page: Client, user: Any) -> None:
    Token.objects.bulk_create(
        Token(user=user, kind="personal", name=f"n{number}") for number in range(150)
    )
    ids = "&".join(f"id={pk}" for pk in Token.objects.values_list("pk", flat=True))
    text = page.get(f"{TOKENS}revoke/?{ids}").content.decode()
    assert "150 API tokens will be revoked" in text
    assert "and 50 more" in text
    page.post(f"{TOKENS}revoke/?{ids}")
    assert not Token.objects.exists()


def test_a_wrong_password_does_not_make_the_login_fresh(user: Any) -> None:
    page = stale_page(user)
    before = page.session[_LOGIN_AT]
    make(page, password="wrong")
    assert page.session[_LOGIN_AT] == before
