"""Follow the tutorial step by step, as a new reader does.

The tutorial's users log in with their e-mail address. With other settings, such as
``default_user``, they log in with another field.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import PASSWORD, make_user
from tests.lives import at

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tutorial_urls")]

KEY = re.compile(r"dta_[0-9A-Za-z]{36}")
FORTNIGHT = timedelta(days=14)
REFUSED = {"non_field_errors": ["Unable to log in with provided credentials."]}
LOGIN, LOGOUT, LOGOUT_ALL = "/auth/login/", "/auth/logout/", "/auth/logout/all/"

Token = get_token_model()
USERNAME_FIELD = get_user_model().USERNAME_FIELD


def device(key: str, scheme: str = "Token") -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {key}")
    return client


def log_in(user: Any) -> APIClient:
    answer = APIClient().post(LOGIN, {"username": user.get_username(), "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return device(answer.json()["token"])


def is_in(client: APIClient) -> bool:
    status = client.get("/hello/").status_code
    assert status in {200, 401}
    return status == 200


def as_text(value: Any) -> str:
    """Return the text, the repr and the attributes of a model instance as one text."""
    return f"{value} {value!r} {vars(value)}"


class TestStep1Install:
    def test_the_settings_name_the_app_and_its_authenticator(self) -> None:
        assert "drf_token_auth" in project.INSTALLED_APPS
        assert project.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] == [
            "drf_token_auth.authentication.ExpiringTokenAuthentication"
        ]

    def test_migrate_makes_the_table(self) -> None:
        assert Token._meta.db_table in connection.introspection.table_names()

    def test_check_finds_nothing_wrong(self) -> None:
        out = StringIO()
        call_command("check", fail_level="WARNING", stdout=out)
        assert "no issues" in out.getvalue()


class TestStep2InTheShell:
    def test_the_key_is_on_the_instance_that_made_it(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        assert KEY.fullmatch(token.key)
        assert is_in(device(token.key))

    def test_print_shows_the_hint_and_never_the_key(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        secret = token.key.removeprefix("dta_")
        assert token.hint
        assert secret.startswith(token.hint)
        assert len(token.hint) <= 8
        assert token.hint in str(token)
        for text in (str(token), repr(token)):
            assert token.key not in text
            assert secret[len(token.hint) :] not in text
            assert bytes(token.digest).hex() not in text

    def test_a_row_that_was_loaded_says_why_it_has_no_key(self, user: Any) -> None:
        loaded = Token.objects.get(pk=Token.objects.create(user=user).pk)
        with pytest.raises(AttributeError, match="holds only a digest of its key"):
            _ = loaded.key
        assert not hasattr(loaded, "key")

    def test_the_database_does_not_hold_the_key(self, user: Any) -> None:
        key = Token.objects.create(user=user).key
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {Token._meta.db_table}")
            (row,) = cursor.fetchall()
        stored = [bytes(v) if isinstance(v, (bytes, memoryview)) else v for v in row]
        assert not [value for value in stored if key[4:] in repr(value)]


class TestStep3Backfill:
    def backfill(self) -> list[bool]:
        return [
            Token.objects.get_or_create(user=user)[1] for user in get_user_model().objects.all()
        ]

    def test_the_second_run_makes_nothing(self) -> None:
        for name in ("ada", "grace", "joan"):
            make_user(name)
        assert self.backfill() == [True] * 3
        before = set(Token.objects.values_list("pk", "user_id"))
        assert self.backfill() == [False] * 3
        assert set(Token.objects.values_list("pk", "user_id")) == before
        assert len(before) == 3

    def test_only_a_new_token_has_its_key(self, user: Any) -> None:
        made, created = Token.objects.get_or_create(user=user)
        assert created
        assert is_in(device(made.key))
        found, created = Token.objects.get_or_create(user=user)
        assert not created
        assert found == made
        assert not hasattr(found, "key")
        assert is_in(device(made.key))

    def test_get_or_create_returns_the_newest_usable_token(self, user: Any) -> None:
        now = timezone.now()
        Token.objects.create(user=user, created_at=now - timedelta(days=2))
        newest = Token.objects.create(user=user, created_at=now - timedelta(days=1))
        Token.objects.create(user=user, expires_at=now)
        assert Token.objects.get_or_create(user=user) == (newest, False)

    def test_an_expired_token_is_not_returned(self, user: Any) -> None:
        Token.objects.create(user=user, expires_at=timezone.now())
        assert Token.objects.get_or_create(user=user)[1] is True


class TestStep4ATokenForEachNewUser:
    made: list[Any]

    @pytest.fixture
    def receiver(self) -> Iterator[None]:
        self.made = []

        def create_token(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
            if created:
                self.made.append(Token.objects.create(user=instance))

        post_save.connect(create_token, sender=project.AUTH_USER_MODEL)
        yield
        post_save.disconnect(create_token, sender=project.AUTH_USER_MODEL)

    @pytest.mark.usefixtures("receiver")
    def test_the_receiver_makes_one_token_for_a_new_user(self) -> None:
        user = make_user("grace")
        user.save()
        (token,) = self.made
        assert list(Token.objects.filter(user=user)) == [token]
        assert device(token.key).get("/hello/").json()["hello"] == user.get_username()

    @pytest.mark.usefixtures("receiver")
    def test_the_new_user_can_log_in_as_well(self) -> None:
        user = make_user("grace")
        assert is_in(log_in(user))
        assert is_in(device(self.made[0].key))

    def test_bulk_create_makes_a_token_for_each_user(self) -> None:
        users = [make_user(name) for name in ("ada", "grace", "joan")]
        tokens = Token.objects.bulk_create([Token(user=user) for user in users])
        keys = [token.key for token in tokens]
        assert len(set(keys)) == 3
        assert all(KEY.fullmatch(key) for key in keys)
        for user, key in zip(users, keys, strict=True):
            assert device(key).get("/hello/").json()["hello"] == user.get_username()
        assert not Token.objects.filter(expires_at=None).exists()


class TestStep5LogIn:
    @pytest.mark.parametrize("format_", ["json", "multipart", "urlencoded"])
    @pytest.mark.parametrize("field", sorted({"username", USERNAME_FIELD}))
    def test_a_login_accepts_json_and_forms_under_either_field_name(
        self, user: Any, format_: str, field: str
    ) -> None:
        data: Any = {field: user.get_username(), "password": PASSWORD}
        if format_ == "urlencoded":
            body = "&".join(f"{name}={value}" for name, value in data.items())
            answer = APIClient().post(LOGIN, body, content_type="application/x-www-form-urlencoded")
        else:
            answer = APIClient().post(LOGIN, data, format=format_)
        assert answer.status_code == 200, answer.content
        assert answer.headers["Cache-Control"] == "private, no-store"
        given = answer.json()
        assert given.keys() >= {"token", "expires_at", "id", "kind", "name", "scopes"}
        assert KEY.fullmatch(given["token"])
        assert device(given["token"]).get("/hello/").json() == {
            "hello": user.get_username(),
            "token": given["id"],
        }

    def test_the_answer_has_the_expiry_of_the_row(self, user: Any) -> None:
        before = timezone.now()
        given = (
            APIClient().post(LOGIN, {"username": user.get_username(), "password": PASSWORD}).json()
        )
        after = timezone.now()
        expires_at = parse_datetime(given["expires_at"])
        assert isinstance(expires_at, datetime)
        row = Token.objects.get(pk=given["id"])
        assert expires_at == row.expires_at
        assert before + FORTNIGHT <= row.expires_at <= after + FORTNIGHT
        assert (row.user, row.kind) == (user, "login")

    def test_each_login_is_a_token_of_its_own(self, user: Any) -> None:
        phone, laptop = log_in(user), log_in(user)
        assert is_in(phone)
        assert is_in(laptop)
        assert Token.objects.filter(user=user).count() == 2

    def test_a_stale_header_does_not_stop_a_login(self, user: Any) -> None:
        stale = device("dta_" + "0" * 36)
        answer = stale.post(LOGIN, {"username": user.get_username(), "password": PASSWORD})
        assert answer.status_code == 200

    def test_a_login_sets_last_login(self, user: Any) -> None:
        assert user.last_login is None
        log_in(user)
        user.refresh_from_db()
        assert user.last_login is not None

    def test_wrong_inactive_and_unknown_have_one_body(self, user: Any) -> None:
        inactive = make_user("inactive", is_active=False)
        bodies = set()
        for name, password in (
            (user.get_username(), "wrong"),
            (inactive.get_username(), PASSWORD),
            (inactive.get_username(), "wrong"),
            ("nobody@example.com", PASSWORD),
        ):
            answer = APIClient().post(LOGIN, {"username": name, "password": password})
            assert answer.status_code == 400
            bodies.add(answer.content)
            assert answer.json() == REFUSED
        assert len(bodies) == 1
        assert not Token.objects.exists()

    def test_an_inactive_user_is_refused_with_any_backend(self, settings: Any) -> None:
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.AllowAllUsersModelBackend"
        ]
        inactive = make_user("inactive", is_active=False)
        answer = APIClient().post(
            LOGIN, {"username": inactive.get_username(), "password": PASSWORD}
        )
        assert (answer.status_code, answer.json()) == (400, REFUSED)

    @pytest.mark.parametrize("missing", ["username", "password", "both"])
    @pytest.mark.parametrize("empty", [False, True])
    def test_a_missing_field_is_named(self, user: Any, missing: str, empty: bool) -> None:
        data = {"username": user.get_username(), "password": PASSWORD}
        absent = list(data) if missing == "both" else [missing]
        for name in absent:
            if empty:
                data[name] = ""
            else:
                del data[name]
        answer = APIClient().post(LOGIN, data)
        assert answer.status_code == 400
        # If no user name was sent, the answer names the field of the project's user model.
        shown = "username" if empty else USERNAME_FIELD
        named = [shown if name == "username" else name for name in absent]
        text = "This field may not be blank." if empty else "This field is required."
        assert answer.json() == {name: [text] for name in named}
        assert PASSWORD not in answer.content.decode()

    @pytest.mark.parametrize("value", [1, 1.5, True, None, [], ["a"], {}, {"a": 1}], ids=repr)
    @pytest.mark.parametrize("field", sorted({"username", USERNAME_FIELD, "password"}))
    def test_a_field_that_is_not_text_is_refused(self, user: Any, field: str, value: Any) -> None:
        data = {"username": user.get_username(), "password": PASSWORD}
        if field != "password":
            del data["username"]
        answer = APIClient().post(LOGIN, {**data, field: value}, format="json")
        assert answer.status_code == 400
        # DRF reads a number as text, so it is a wrong name or password.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        assert list(answer.json()) == ["non_field_errors" if is_number else field]

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            *[(body, ["non_field_errors"]) for body in ("[]", '"text"', "1", "null", "[{}]")],
            *[(body, ["detail"]) for body in ("{", "\x00")],
            ("", [USERNAME_FIELD, "password"]),
        ],
    )
    def test_a_body_that_is_not_an_object_is_refused(self, body: str, named: list[str]) -> None:
        answer = APIClient().post(LOGIN, body, content_type="application/json")
        assert answer.status_code == 400
        assert list(answer.json()) == named

    @pytest.mark.parametrize("size", [300, 5_000, 100_000])
    @pytest.mark.parametrize("field", sorted({"username", USERNAME_FIELD, "password"}))
    def test_a_field_that_is_too_long_is_refused(self, user: Any, field: str, size: int) -> None:
        data = {"username": user.get_username(), "password": PASSWORD}
        if field != "password":
            del data["username"]
        answer = APIClient().post(LOGIN, {**data, field: "a" * size})
        assert answer.status_code == 400
        assert len(answer.content) < 300

    @pytest.mark.parametrize(
        "value", ["\x00", "ada\x00@example.com", "\ud800", "😀", "é", "\u202e", "a\r\nb"], ids=ascii
    )
    @pytest.mark.parametrize("field", sorted({"username", USERNAME_FIELD, "password"}))
    def test_a_field_with_unusual_characters_is_refused(
        self, user: Any, field: str, value: str
    ) -> None:
        data = {"username": user.get_username(), "password": PASSWORD}
        if field != "password":
            del data["username"]
        body = json.dumps({**data, field: value})
        answer = APIClient().post(LOGIN, body, content_type="application/json")
        assert answer.status_code == 400, answer.content

    def test_a_get_is_no_login(self) -> None:
        assert APIClient().get(LOGIN).status_code == 405


class TestStep6CallTheApi:
    @pytest.fixture
    def token(self, user: Any) -> Any:
        return Token.objects.create(user=user)

    @pytest.mark.parametrize(
        ("path", "scheme", "status"),
        [
            ("/hello/", "Token", 200),
            ("/hello/", "Bearer", 401),
            ("/hello/bearer/", "Bearer", 200),
            ("/hello/bearer/", "Token", 401),
            ("/hello/api-key/", "Api-Key", 200),
            ("/hello/api-key/", "Token", 401),
            ("/hello/either/", "Token", 200),
            ("/hello/either/", "Bearer", 200),
            ("/hello/either/", "Api-Key", 401),
        ],
    )
    def test_each_view_accepts_only_its_own_keywords(
        self, token: Any, path: str, scheme: str, status: int
    ) -> None:
        answer = device(token.key, scheme).get(path)
        assert answer.status_code == status
        if status == 200:
            assert answer.json() == {"hello": token.user.get_username(), "token": token.pk}

    @pytest.mark.parametrize(
        ("path", "challenge"),
        [
            ("/hello/", 'Token realm="api"'),
            ("/hello/bearer/", 'Bearer realm="api"'),
            ("/hello/api-key/", 'Api-Key realm="api"'),
            ("/hello/either/", 'Token realm="api"'),
        ],
    )
    def test_a_request_without_a_token_gets_the_challenge_of_its_view(
        self, path: str, challenge: str
    ) -> None:
        answer = APIClient().get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == challenge

    def test_a_key_in_the_url_is_no_key(self, token: Any) -> None:
        data = {"token": token.key, "access_token": token.key}
        assert APIClient().get("/hello/", data).status_code == 401


class TestStep7ALoginOfYourOwn:
    def test_a_login_view_can_override_post(self, user: Any) -> None:
        answer = APIClient().post(
            "/login/own-post/", {"username": user.get_username(), "password": PASSWORD}
        )
        assert answer.status_code == 200
        assert answer.json().keys() == {"token", "username"}
        assert is_in(device(answer.json()["token"]))

    def test_a_login_view_that_overrides_post_refuses_as_ours_does(self, user: Any) -> None:
        answer = APIClient().post(
            "/login/own-post/", {"username": user.get_username(), "password": "wrong"}
        )
        assert (answer.status_code, answer.json()) == (400, REFUSED)

    def test_a_login_view_can_override_only_hooks(self, user: Any) -> None:
        before = timezone.now()
        answer = APIClient().post(
            "/login/hooked/", {"username": user.get_username(), "password": PASSWORD}
        )
        given = answer.json()
        row = Token.objects.get(pk=given["id"])
        assert given["username"] == user.get_username()
        assert answer.headers["Cache-Control"] == "private, no-store"
        hour = timedelta(hours=1)
        assert before + hour <= row.expires_at <= timezone.now() + hour
        assert parse_datetime(given["expires_at"]) == row.expires_at
        assert is_in(device(given["token"]))

    def test_a_hook_can_make_a_token_that_never_expires(self, user: Any) -> None:
        given = (
            APIClient()
            .post("/login/never-ending/", {"username": user.get_username(), "password": PASSWORD})
            .json()
        )
        assert given["expires_at"] is None
        with at(timezone.now() + timedelta(days=10_000)):
            assert is_in(device(given["token"]))


class TestStep8LogOut:
    def test_the_token_is_gone_and_its_header_is_refused(self, user: Any) -> None:
        phone = log_in(user)
        answer = phone.post(LOGOUT)
        assert (answer.status_code, answer.content) == (204, b"")
        assert not Token.objects.filter(user=user).exists()
        refused = phone.get("/hello/")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'
        assert phone.post(LOGOUT).status_code == 401

    def test_the_second_device_stays_logged_in(self, user: Any) -> None:
        phone, laptop = log_in(user), log_in(user)
        phone.post(LOGOUT)
        assert not is_in(phone)
        assert is_in(laptop)

    def test_logout_all_logs_out_every_device(self, user: Any, other_user: Any) -> None:
        phone, laptop, others = log_in(user), log_in(user), log_in(other_user)
        assert phone.post(LOGOUT_ALL).status_code == 204
        assert not is_in(phone)
        assert not is_in(laptop)
        assert is_in(others)

    def test_logout_others_keeps_this_device(self, user: Any) -> None:
        phone, laptop = log_in(user), log_in(user)
        assert phone.post("/auth/logout/others/").status_code == 204
        assert is_in(phone)
        assert not is_in(laptop)

    def test_logout_all_keeps_personal_tokens_unless_asked(self, user: Any) -> None:
        script = device(operations.issue(user, kind="personal").key)
        log_in(user).post(LOGOUT_ALL)
        assert is_in(script)
        log_in(user).post(LOGOUT_ALL, {"personal": True})
        assert not is_in(script)

    def test_a_get_does_not_log_out(self, user: Any) -> None:
        phone = log_in(user)
        assert phone.get(LOGOUT).status_code == 405
        assert phone.get(LOGOUT_ALL).status_code == 405
        assert is_in(phone)

    def test_a_user_can_log_in_after_a_logout(self, user: Any) -> None:
        log_in(user).post(LOGOUT)
        assert is_in(log_in(user))


def by_session(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def by_basic(user: Any) -> APIClient:
    client = APIClient()
    credentials = f"{user.get_username()}:{PASSWORD}".encode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {base64.b64encode(credentials).decode()}")
    return client


def by_force(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def by_force_with_something(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user, token={"not": "ours"})
    return client


WITHOUT_OUR_TOKEN = [by_session, by_basic, by_force, by_force_with_something]


class TestStep8LogOutWithoutATokenOfOurs:
    @pytest.mark.parametrize("by", WITHOUT_OUR_TOKEN)
    def test_a_logout_without_a_token_of_ours_is_refused(self, user: Any, by: Any) -> None:
        phone = log_in(user)
        answer = by(user).post("/any-way/logout/")
        assert answer.status_code == 400
        assert answer.data["detail"].code == "no_token"
        assert is_in(phone)

    @pytest.mark.parametrize("by", WITHOUT_OUR_TOKEN)
    def test_logout_all_works_with_any_authenticator(self, user: Any, by: Any) -> None:
        phone = log_in(user)
        assert by(user).post("/any-way/logout/all/").status_code == 204
        assert not is_in(phone)

    @pytest.mark.parametrize("path", [LOGOUT, LOGOUT_ALL, "/any-way/logout/"])
    def test_a_request_without_a_user_is_refused(self, path: str) -> None:
        answer = APIClient().post(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Token realm="api"'

    def test_force_authenticate_with_a_real_token_revokes_it(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        client = APIClient()
        client.force_authenticate(user, token=token)
        assert client.post(LOGOUT).status_code == 204
        assert not is_in(device(token.key))


class TestStep9Expire:
    CREATION = {
        "create": lambda user: Token.objects.create(user=user),
        "get_or_create": lambda user: Token.objects.get_or_create(user=user)[0],
        "save": lambda user: saved(Token(user=user)),
        "bulk_create": lambda user: Token.objects.bulk_create([Token(user=user)])[0],
        "related manager": lambda user: tokens_of(user).create(),
        "issue": operations.issue,
        "known key": lambda user: Token.objects.create(user=user, key="abcd1234"),
        "login": lambda user: (log_in(user), Token.objects.get(user=user))[1],
        "command": lambda user: (
            call_command("create_token", user.get_username(), kind="login", stdout=StringIO()),
            Token.objects.get(user=user),
        )[1],
    }

    @pytest.mark.parametrize("path", CREATION)
    def test_each_way_to_make_a_token_gives_the_default_lifetime(
        self, user: Any, path: str
    ) -> None:
        before = timezone.now()
        token = self.CREATION[path](user)
        after = timezone.now()
        row = Token.objects.get(pk=token.pk)
        assert before + FORTNIGHT <= row.expires_at <= after + FORTNIGHT
        assert token.expires_at == row.expires_at
        assert len(bytes(row.digest)) == 33
        assert row.kind == "login"

    @pytest.mark.parametrize("path", ["create", "save", "bulk_create"])
    def test_none_means_that_a_token_never_expires(self, user: Any, path: str) -> None:
        token = {
            "create": lambda: Token.objects.create(user=user, expires_at=None),
            "save": lambda: saved(Token(user=user, expires_at=None)),
            "bulk_create": lambda: Token.objects.bulk_create([Token(user=user, expires_at=None)])[
                0
            ],
        }[path]()
        assert Token.objects.get(pk=token.pk).expires_at is None
        with at(timezone.now() + timedelta(days=36_500)):
            assert is_in(device(token.key))
            call_command("purge_expired_tokens", stdout=StringIO())
            assert is_in(device(token.key))

    @pytest.mark.parametrize(
        ("microseconds", "status"), [(-1, 200), (0, 401), (1, 401)], ids=["before", "at", "after"]
    )
    def test_a_token_expires_to_the_microsecond(
        self, user: Any, microseconds: int, status: int
    ) -> None:
        token = Token.objects.create(user=user)
        lives = status == 200
        with at(token.expires_at + timedelta(microseconds=microseconds)):
            assert device(token.key).get("/hello/").status_code == status
            assert (Token.objects.from_key(token.key) == token) is lives
            assert Token.objects.usable().exists() is lives
            assert Token.objects.expired().exists() is not lives
            assert token.is_expired() is not lives
            assert Token.objects.get_or_create(user=user)[1] is not lives

    def test_an_expired_token_is_refused_before_and_after_the_purge(self, user: Any) -> None:
        token = Token.objects.create(user=user, expires_at=timezone.now() - timedelta(seconds=1))
        answer = device(token.key).get("/hello/")
        assert answer.status_code == 401
        assert answer.data["detail"].code == "token_expired"
        assert Token.objects.filter(pk=token.pk).exists(), "reading deletes nothing"
        call_command("purge_expired_tokens", stdout=StringIO())
        answer = device(token.key).get("/hello/")
        assert answer.status_code == 401
        # After the row is deleted, the key looks like one that never existed.
        assert answer.data["detail"].code == "invalid_token"

    def test_the_ttl_of_the_project_applies(self, user: Any, settings: Any) -> None:
        settings.DRF_TOKEN_AUTH = {"TTL": timedelta(hours=12)}
        before = timezone.now()
        for token in (Token.objects.create(user=user), Token(user=user)):
            half_a_day = timedelta(hours=12)
            assert before + half_a_day <= token.expires_at <= timezone.now() + half_a_day
        settings.DRF_TOKEN_AUTH = {"TTL": None}
        assert Token.objects.create(user=user).expires_at is None


def saved(token: Any) -> Any:
    token.save()
    return token


def tokens_of(user: Any) -> Any:
    """Return the related manager. With our own model, it is ``user.drf_token_auth_token_set``."""
    for relation in user._meta.related_objects:
        if relation.related_model is Token:
            return getattr(user, relation.get_accessor_name())
    raise FieldDoesNotExist


class TestStep10Purge:
    def purge(self) -> str:
        out = StringIO()
        call_command("purge_expired_tokens", stdout=out)
        return out.getvalue()

    def test_the_purge_deletes_only_expired_tokens(self, user: Any) -> None:
        now = timezone.now()
        second = timedelta(seconds=1)
        Token.objects.bulk_create(
            [Token(user=user, expires_at=now - count * second) for count in range(7)]
        )
        kept = {
            Token.objects.create(user=user).pk,
            Token.objects.create(user=user, expires_at=None).pk,
            Token.objects.create(user=user, expires_at=now + timedelta(hours=1)).pk,
        }
        said = self.purge()
        assert re.findall(r"\d+", said) == ["7"]
        assert said.count("\n") == 1
        assert set(Token.objects.values_list("pk", flat=True)) == kept

    def test_an_empty_purge_is_not_an_error(self) -> None:
        assert re.findall(r"\d+", self.purge()) == ["0"]

    def test_the_purge_deletes_expired_tokens_to_the_microsecond(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        with at(token.expires_at - timedelta(microseconds=1)):
            assert re.findall(r"\d+", self.purge()) == ["0"]
        with at(token.expires_at):
            assert re.findall(r"\d+", self.purge()) == ["1"]


class TestStep11Deploy:
    def warnings(self) -> list[Any]:
        found = checks.run_checks(include_deployment_checks=True)
        return [one for one in found if "BasicAuthentication" in f"{one.msg} {one.hint}"]

    def test_the_tutorials_project_has_no_basic_authentication(self) -> None:
        assert self.warnings() == []

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_basic_authentication_gets_a_warning(self, settings: Any, ours_first: bool) -> None:
        both = [
            "drf_token_auth.authentication.ExpiringTokenAuthentication",
            "rest_framework.authentication.BasicAuthentication",
        ]
        settings.REST_FRAMEWORK = {
            **settings.REST_FRAMEWORK,
            "DEFAULT_AUTHENTICATION_CLASSES": both if ours_first else both[::-1],
        }
        (warning,) = self.warnings()
        assert warning.level == checks.WARNING
        assert warning.id.startswith("drf_token_auth.W")

    def test_the_warning_is_a_deploy_check_only(self, settings: Any) -> None:
        settings.REST_FRAMEWORK = {
            "DEFAULT_AUTHENTICATION_CLASSES": [
                "drf_token_auth.authentication.ExpiringTokenAuthentication",
                "rest_framework.authentication.BasicAuthentication",
            ],
        }
        assert [one for one in checks.run_checks() if "Basic" in one.msg] == []


def test_neither_the_token_nor_an_answer_shows_the_key_after_the_login(user: Any) -> None:
    phone = log_in(user)
    key = phone._credentials["HTTP_AUTHORIZATION"].split()[1]
    answer = phone.get("/hello/")
    token = Token.objects.get(pk=answer.json()["token"])
    assert key not in as_text(token)
    assert key not in answer.content.decode()
    assert phone.post(LOGOUT).status_code == 204
    assert phone.get("/hello/").status_code == 401
