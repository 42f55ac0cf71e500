"""Each way to create, rotate, reuse or revoke a token sends one signal, and logs one line.

The signal is sent after the transaction.
"""

from __future__ import annotations

import copy
import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth import signals as auth_signals
from django.core import serializers
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.dispatch import Signal
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.utils import timezone
from django.views.debug import ExceptionReporter
from rest_framework.test import APIClient, APIRequestFactory

import drf_token_auth
from drf_token_auth import get_token_model, operations, signals
from drf_token_auth.exceptions import KeyNotShown
from drf_token_auth.rows.pickling import KEY_COLUMNS
from tests.conftest import PASSWORD, make_user
from tests.lives import (
    EDGES,
    Event,
    at,
    atomic_requests,
    client_of,
    listening,
    log_in,
    status_of,
)
from tests.projects.api.views import EchoView
from tests.queries import queries

Token = get_token_model()
User = get_user_model()
HOUR = timedelta(hours=1)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def user() -> Any:
    return make_user()


# Created


def posted(user: Any) -> Any:
    """Return a request to the admin."""
    request = RequestFactory().post("/admin/")
    request.user = user
    return request


def token_admin() -> Any:
    from drf_token_auth.admin import TokenAdmin  # here, because the core has no admin

    return TokenAdmin(Token, admin.site)


def by_the_admin(user: Any) -> None:
    token = Token(user=user)
    token_admin().save_model(posted(user), token, form=None, change=False)


CREATED: dict[str, tuple[Callable[[Any], Any], bool, str | None]] = {
    # Each value: the call, whether the event has an actor, and the path of the request.
    "create": (lambda user: Token.objects.create(user=user), False, None),
    "save": (lambda user: Token(user=user).save(), False, None),
    "bulk_create": (lambda user: Token.objects.bulk_create([Token(user=user)]), False, None),
    "get_or_create": (lambda user: Token.objects.get_or_create(user=user), False, None),
    "issue": (operations.issue, True, None),
    "login": (log_in, True, "/auth/login/"),
    "command": (
        lambda user: call_command("create_token", user.get_username(), stdout=StringIO()),
        True,
        None,
    ),
    "admin": (by_the_admin, True, "/admin/"),
}


@both
@pytest.mark.parametrize("path", CREATED)
def test_each_creation_sends_one_signal(user: Any, atomic: bool, path: str) -> None:
    make, has_actor, request_path = CREATED[path]
    with atomic_requests(atomic), listening() as heard:
        make(user)
    ((what, token, reason, actor, request),) = heard
    assert what == "created"
    assert token == Token.objects.latest("pk")
    assert token.user == user
    assert reason is None
    assert actor == (user if has_actor else None)
    assert getattr(request, "path", None) == request_path
    with pytest.raises(KeyNotShown):
        token.key  # noqa: B018


@both
def test_the_creation_of_a_personal_token_sends_one_signal(user: Any, atomic: bool) -> None:
    client = client_of(operations.issue(user))
    with atomic_requests(atomic), listening() as heard:
        made = client.post("/auth/tokens/").data["id"]
    assert [(one.what, one.token.pk, one.actor, one.request.path) for one in heard] == [
        ("created", made, user, "/auth/tokens/")
    ]


def test_get_or_create_of_an_existing_token_sends_no_signal(user: Any) -> None:
    Token.objects.create(user=user)
    with listening() as heard:
        Token.objects.get_or_create(user=user)
    assert heard == []


def test_bulk_create_sends_a_signal_for_each_token(user: Any) -> None:
    with listening() as heard:
        made = Token.objects.bulk_create([Token(user=user) for _ in range(5)])
    assert [one.token for one in heard] == made


def test_saving_again_sends_no_signal(user: Any) -> None:
    token = Token.objects.create(user=user)
    with listening() as heard:
        token.name = "x"
        token.save()
        token.save(update_fields=["name"])
    assert heard == []


def test_the_actor_in_the_admin_is_not_the_tokens_user(user: Any) -> None:
    boss = make_user("boss")
    with listening() as heard:
        token = Token(user=user)
        token_admin().save_model(posted(boss), token, form=None, change=False)
    assert [(one.token.user, one.actor) for one in heard] == [(user, boss)]


# Revoked


def by_request(path: str, method: str = "post", **data: Any) -> Callable[[Any], Any]:
    def act(token: Any) -> Any:
        response = getattr(client_of(token), method)(path.format(token.pk), data, format="json")
        assert response.status_code in {200, 204}
        return response

    return act


def by_revoke_all(token: Any) -> None:
    assert operations.revoke_all(token.user, reason="command", actor=token.user) == 1


def by_another_device(token: Any) -> None:
    other = operations.issue(token.user)
    assert client_of(other).delete(f"/auth/tokens/{token.pk}/").status_code == 204
    Token.objects.filter(pk=other.pk).delete_silently()


def by_the_others(token: Any) -> None:
    other = operations.issue(token.user)
    assert client_of(other).post("/auth/logout/others/").status_code == 204
    Token.objects.filter(pk=other.pk).delete_silently()


def by_the_limit(token: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1}):
        operations.issue(token.user, actor=token.user)


def by_the_password(token: Any) -> None:
    other = operations.issue(token.user)
    user = User._default_manager.get()
    operations.change_password(user, "x", keep=other)


def by_the_next_login(token: Any) -> None:
    user = User._default_manager.get()
    user.set_password("x")
    user.save()
    operations.issue(user)


def by_deleting_it_in_the_admin(token: Any) -> None:
    token_admin().delete_model(posted(token.user), token)


def by_deleting_several_in_the_admin(token: Any) -> None:
    token_admin().delete_queryset(posted(token.user), Token.objects.all())


def by_the_purge(token: Any) -> None:
    with at(timezone.now() + HOUR):
        assert operations.purge(unused_for=HOUR) == 1


REVOKED: dict[str, tuple[Callable[[Any], Any], str, bool, str | None]] = {
    # Each value: the call, the reason, whether the event has an actor, and the request's path.
    "logout": (by_request("/auth/logout/"), "logout", True, "/auth/logout/"),
    "logout/all": (by_request("/auth/logout/all/"), "logout_all", True, "/auth/logout/all/"),
    "logout/others": (by_the_others, "others", True, "/auth/logout/others/"),
    "own DELETE": (by_request("/auth/tokens/{}/", "delete"), "logout", True, None),
    "another's DELETE": (by_another_device, "others", True, None),
    "holder": (
        lambda token: APIClient().post("/auth/revoke/", {"token": token.key}),
        "holder",
        True,
        "/auth/revoke/",
    ),
    "admin": (by_deleting_it_in_the_admin, "admin", True, "/admin/"),
    "admin action": (by_deleting_several_in_the_admin, "admin", True, "/admin/"),
    "password": (by_the_password, "password", True, None),
    "next login": (by_the_next_login, "password", True, None),
    "limit": (by_the_limit, "limit", True, None),
    "command": (by_revoke_all, "command", True, None),
    "unused": (by_the_purge, "unused", False, None),
    "operation": (lambda token: operations.revoke(token, reason="x"), "x", False, None),
    "operation without a reason": (operations.revoke, "logout", False, None),
    "all of a user's": (lambda token: operations.revoke_all(token.user), "logout_all", False, None),
    "queryset": (lambda token: Token.objects.all().revoke(reason="x"), "x", False, None),
    "delete": (lambda token: token.delete(), "deleted", False, None),
    "queryset delete": (lambda token: Token.objects.all().delete(), "deleted", False, None),
}


def revocations(heard: list[Event], token: Any) -> list[Event]:
    return [one for one in heard if one.what != "created" and one.token.pk == token.pk]


@both
@pytest.mark.parametrize("path", REVOKED)
def test_each_revocation_sends_one_signal_with_its_reason(
    user: Any, atomic: bool, path: str
) -> None:
    act, reason, has_actor, request_path = REVOKED[path]
    token = operations.issue(user, name="mine")
    with atomic_requests(atomic), listening() as heard:
        act(token)
    (event,) = revocations(heard, token)
    assert (event.what, event.reason) == ("revoked", reason)
    assert event.actor == (user if has_actor else None)
    if request_path is not None:
        assert event.request.path == request_path
        assert isinstance(event.request, HttpRequest)
    # The event has the row as it was before the deletion.
    assert (event.token.name, event.token.user_id) == ("mine", user.pk)
    assert not Token.objects.filter(pk=token.pk).exists()
    with pytest.raises(KeyNotShown):
        event.token.key  # noqa: B018


@pytest.mark.parametrize(
    ("kinds", "named"), [("login", "'login'"), ("", "''"), (["login", "persnal"], "'persnal'")]
)
def test_an_unknown_kind_is_an_error_and_revokes_nothing(user: Any, kinds: Any, named: str) -> None:
    operations.issue(user)
    with pytest.raises(ValueError, match=r"\('login', 'personal'\)") as caught:
        operations.revoke_all(user, kinds=kinds)
    assert named in str(caught.value)
    assert Token.objects.count() == 1


def test_kinds_may_be_an_iterator(user: Any) -> None:
    for kind in ("login", "personal"):
        operations.issue(user, kind=kind)
    assert operations.revoke_all(user, kinds=iter(["personal", "login"])) == 2


def test_a_revoked_token_is_not_revoked_again(user: Any) -> None:
    token = operations.issue(user)
    stale = Token.objects.get(pk=token.pk)
    operations.revoke(token, reason="admin")
    with listening() as heard:
        assert operations.revoke(stale, reason="logout") is False
        assert stale.delete() == (0, {})
    assert heard == []


ONE_ROW = (1, {Token._meta.label: 1})
ENDINGS: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    # Each value: the call, its result for a usable token, and its result for an expired token.
    "operation": (operations.revoke, True, False),
    "instance": (lambda token: token.revoke(reason="x"), True, False),
    "queryset": (lambda token: Token.objects.all().revoke(reason="x"), 1, 0),
    "delete": (lambda token: token.delete(), ONE_ROW, ONE_ROW),
    "queryset delete": (lambda token: Token.objects.all().delete(), ONE_ROW, ONE_ROW),
}


@pytest.mark.parametrize("gap", EDGES)
@pytest.mark.parametrize("path", ENDINGS)
def test_an_expired_row_is_deleted_without_a_signal(user: Any, path: str, gap: str) -> None:
    act, of_usable, of_expired = ENDINGS[path]
    now = timezone.now()
    token = operations.issue(user)
    # Only the stored row counts. A use may have renewed the expiry after this instance was loaded.
    Token.objects.update(expires_at=now - EDGES[gap])
    with at(now), listening() as heard:
        if gap == "before":
            assert act(token) == of_usable
            assert [one.what for one in heard] == ["revoked"]
        else:
            assert act(token) == of_expired
            assert heard == []
    assert not Token.objects.exists()


def test_a_bulk_revocation_checks_each_token(user: Any) -> None:
    expired = [operations.issue(user, ttl=timedelta(0)) for _ in range(2)]
    for delete in (False, True):
        usable = operations.issue(user)
        forever = operations.issue(user, ttl=None)
        with listening() as heard:
            if delete:
                assert Token.objects.all().delete()[0] == 2
            else:
                assert Token.objects.all().revoke(reason="x") == 2
        assert [one.token for one in heard] == [usable, forever]
        assert not Token.objects.filter(pk__in=[one.pk for one in expired]).exists()


@pytest.mark.parametrize("end", [operations.revoke, lambda token: token.delete()])
def test_a_revocation_is_one_statement(user: Any, end: Any) -> None:
    token = operations.issue(user)
    with queries() as asked:
        end(token)
    assert [one.split()[0] for one in asked] == ["DELETE"]


def test_the_purge_of_expired_rows_sends_no_signal(user: Any) -> None:
    operations.issue(user, ttl=timedelta(0))
    with listening() as heard:
        assert operations.purge() == 1
        assert operations.purge(unused_for=timedelta(0)) == 0
    assert heard == []


# On commit


def test_a_rollback_sends_no_signal(user: Any) -> None:
    token = operations.issue(user)

    def do_and_fail() -> None:
        with transaction.atomic():
            operations.issue(user)
            Token.objects.create(user=user)
            Token.objects.bulk_create([Token(user=user)])
            operations.rotate(token)
            operations.revoke(token, reason="logout")
            raise ZeroDivisionError

    with listening() as heard:
        with pytest.raises(ZeroDivisionError):
            do_and_fail()
        assert heard == []
    assert status_of(token) == 200


def test_signals_are_sent_after_the_commit(user: Any) -> None:
    with listening() as heard, transaction.atomic():
        token = operations.issue(user)
        operations.rotate(token)
        operations.revoke(token, reason="logout")
        assert heard == []
    assert [one.what for one in heard] == ["created", "rotated", "revoked"]


def test_the_actor_of_a_rotation_is_the_user_or_another_person(user: Any) -> None:
    boss = make_user("boss")
    token = operations.issue(user)
    with listening() as heard:
        token = operations.rotate(token)
        operations.rotate(token, actor=boss)
    assert [one.actor for one in heard] == [user, boss]


def test_a_receiver_sees_the_committed_row(user: Any) -> None:
    seen: list[bool] = []

    def look(token: Any, **said: Any) -> None:
        assert not transaction.get_connection().in_atomic_block
        seen.append(Token.objects.filter(pk=token.pk).exists())

    with hearing(signals.token_created, look), hearing(signals.token_revoked, look):
        operations.revoke(operations.issue(user), reason="logout")
    assert seen == [True, False]


@contextmanager
def hearing(signal: Signal, receiver: Callable[..., Any]) -> Iterator[None]:
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


@both
def test_a_receiver_that_raises_undoes_nothing(
    user: Any, atomic: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**said: Any) -> None:
        raise RuntimeError("a receiver's own trouble")

    everything = (
        signals.token_created,
        signals.token_rotated,
        signals.token_revoked,
        signals.token_reused,
    )
    for signal in everything:
        signal.connect(fail)
    try:
        with listening() as heard, atomic_requests(atomic):
            login = log_in(user)
            assert login.status_code == 200
            client = client_of(login.data["token"])
            new = client.post("/auth/token/rotate/")
            assert new.status_code == 200
            with at(timezone.now() + HOUR):
                assert status_of(login.data["token"]) == 401
            assert client_of(new.data["token"]).post("/auth/logout/").status_code == 204
    finally:
        for signal in everything:
            signal.disconnect(fail)
    assert [one.what for one in heard] == ["created", "rotated", "reused", "revoked"]
    assert not Token.objects.exists()
    assert "a receiver's own trouble" in caplog.text
    assert login.data["token"] not in caplog.text


# Django's own signals


@contextmanager
def watching(name: str) -> Iterator[list[dict[str, Any]]]:
    signal = getattr(auth_signals, name)
    said: list[dict[str, Any]] = []

    def hear(sender: Any, **what: Any) -> None:
        said.append({"sender": sender, **what})

    with hearing(signal, hear):
        yield said


@both
def test_a_login_sends_one_user_logged_in(user: Any, atomic: bool) -> None:
    with atomic_requests(atomic), watching("user_logged_in") as said:
        assert log_in(user).status_code == 200
    (one,) = said
    assert one["sender"] is type(user)
    assert one["user"] == user
    assert type(one["request"]).__name__ == "WSGIRequest"
    user.refresh_from_db()
    assert timezone.now() - user.last_login < timedelta(minutes=1)


@both
@pytest.mark.parametrize(
    ("path", "method", "times"),
    [
        ("/auth/logout/", "post", 1),
        ("/auth/logout/all/", "post", 1),
        ("/auth/logout/others/", "post", 0),
        ("/auth/token/rotate/", "post", 0),
        ("/auth/tokens/", "get", 0),
    ],
)
def test_only_a_logout_of_the_caller_sends_user_logged_out(
    user: Any, atomic: bool, path: str, method: str, times: int
) -> None:
    client = client_of(operations.issue(user))
    with atomic_requests(atomic), watching("user_logged_out") as said:
        assert getattr(client, method)(path).status_code < 300
    assert [(one["user"], one["request"].path) for one in said] == [(user, path)] * times


@pytest.mark.parametrize("who", ["wrong password", "unknown", "inactive"])
def test_a_failed_login_sends_one_user_login_failed_without_the_password(
    user: Any, who: str
) -> None:
    credentials = {"username": user.get_username(), "password": PASSWORD}
    if who == "unknown":
        credentials["username"] = "nobody@example.com"
    elif who == "wrong password":
        credentials["password"] = "a secret slip"
    else:
        User._default_manager.update(is_active=False)
    with (
        watching("user_login_failed") as failed,
        watching("user_logged_in") as logged_in,
        listening() as heard,
    ):
        assert APIClient().post("/auth/login/", credentials).status_code == 400
    (one,) = failed
    assert type(one["request"]).__name__ == "WSGIRequest"
    assert one["request"].path == "/auth/login/"
    assert credentials["password"] not in str(one["credentials"])
    assert logged_in == heard == []


def test_a_request_without_a_password_is_not_a_failed_login(user: Any) -> None:
    with watching("user_login_failed") as failed:
        for data in ({}, {"username": user.get_username()}, {"password": "x"}):
            assert APIClient().post("/auth/login/", data).status_code == 400
    assert failed == []


def test_a_login_over_the_limit_sends_no_user_logged_in(user: Any) -> None:
    conf = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}
    with override_settings(DRF_TOKEN_AUTH=conf), watching("user_logged_in") as said:
        log_in(user)
        assert log_in(user).status_code == 403
    assert len(said) == 1


# The log


def test_each_event_logs_one_line(user: Any, caplog: pytest.LogCaptureFixture) -> None:
    boss = make_user("boss")
    caplog.set_level(logging.INFO, logger="drf_token_auth")
    token = operations.issue(user, actor=boss)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}", REMOTE_ADDR="192.0.2.7")
    client.post("/auth/token/rotate/")
    with at(timezone.now() + HOUR):
        client.get("/echo/")
    operations.revoke(token, reason="command")
    lines = [record for record in caplog.records if record.name == "drf_token_auth"]
    found = [(line.levelname, line.getMessage()) for line in lines if "token " in line.msg]
    ids = f"id={token.pk} kind=login user={user.pk}"
    assert found == [
        ("INFO", f"token created: {ids} reason=- actor={boss.pk} address=-"),
        ("INFO", f"token rotated: {ids} reason=- actor={user.pk} address=192.0.2.7"),
        ("WARNING", f"token reused: {ids} reason=- actor=- address=192.0.2.7"),
        ("INFO", f"token revoked: {ids} reason=command actor=- address=-"),
    ]


# The key and the digest


@contextmanager
def every_line(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(1), caplog.at_level(1, logger="drf_token_auth"):
        yield


def live(user: Any) -> set[str]:
    """Use the API from login to logout. Return all keys."""
    login = log_in(user, name="a\r\nphone").data["token"]
    client = client_of(login)
    status_of(login)
    new = client.post("/auth/token/rotate/").data["token"]
    personal = client_of(new).post("/auth/tokens/", {"name": "CI"}).data["token"]
    unknown = Token.generate_key()
    for key in (login, new, personal, unknown, unknown[:-1] + "!", f"{unknown} x"):
        status_of(key)
    with at(timezone.now() + HOUR):
        status_of(login)
        client_of(new).post("/auth/tokens/")
    for key in (personal, unknown):
        APIClient().post("/auth/revoke/", {"token": key})
    client_of(new).post("/auth/logout/all/")
    status_of(new)
    return {login, new, personal, unknown}


@both
def test_no_log_line_has_a_key_or_a_digest(
    user: Any, atomic: bool, caplog: pytest.LogCaptureFixture
) -> None:
    digests: set[bytes] = set()

    def note(token: Any, **said: Any) -> None:
        digests.add(bytes(token.digest))

    with every_line(caplog), atomic_requests(atomic), hearing(signals.token_created, note):
        keys = live(user)
    assert len(digests) == 2
    assert "token created" in caplog.text
    assert "a key is refused" in caplog.text
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    for secret in {*keys, *(key[4:] for key in keys), PASSWORD}:
        assert secret not in logged
    for digest in digests:
        for shown in (digest.hex(), digest.hex().upper(), repr(digest)[2:-1], str(list(digest))):
            assert shown not in logged


def test_no_session_cookie_or_cache_has_a_key(user: Any) -> None:
    client = APIClient()
    client.login(username=user.get_username(), password=PASSWORD)
    key = log_in(user, client).data["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    client.get("/echo/")
    client.post("/auth/token/rotate/")
    held = repr(dict(client.session)) + repr(client.cookies) + repr(cache._cache)
    assert "dta_" not in held
    assert key[4:] not in held


def texts_of(token: Any) -> Iterator[str]:
    yield from (repr(token), str(token), f"{token}", f"{[token]}", repr({"token": token}))
    yield repr(vars(token)) if token._key is None else ""
    yield repr(pickle.dumps(token))
    yield repr(pickle.loads(pickle.dumps(token)))
    yield repr(vars(pickle.loads(pickle.dumps(token))))
    yield repr(pickle.dumps(Token.objects.all()))


@pytest.mark.parametrize("which", ["made", "loaded", "authenticated"])
def test_the_repr_of_a_token_has_no_secret(user: Any, which: str) -> None:
    token = operations.issue(user)
    key, digest = token.key, bytes(token.digest)
    if which == "loaded":
        token = Token.objects.get()
    elif which == "authenticated":
        token = Token.objects.from_key(key)
    for text in texts_of(token):
        assert key not in text
        assert key[8:] not in text
    for dump in (pickle.dumps(token), pickle.dumps(Token.objects.all())):
        assert digest not in dump
        assert digest[1:] not in dump


def test_a_pickle_has_no_column_of_the_keys(user: Any) -> None:
    loaded = Token.objects.get(pk=operations.rotate(operations.issue(user)).pk)
    assert vars(loaded).keys() >= {*KEY_COLUMNS}
    assert vars(pickle.loads(pickle.dumps(loaded))).keys().isdisjoint(KEY_COLUMNS)


def test_a_token_from_a_pickle_is_complete(user: Any) -> None:
    token = operations.issue(user, name="x")
    again = pickle.loads(pickle.dumps(token))
    assert (again, again.name, again.expires_at) == (token, "x", token.expires_at)
    assert bytes(again.digest) == bytes(token.digest)  # loaded when asked for
    assert again.previous_digest is None
    with pytest.raises(KeyNotShown):
        again.key  # noqa: B018


def test_a_copy_is_complete(user: Any) -> None:
    """Django's TestCase copies the objects of setUpTestData."""
    token = operations.issue(user)
    for twin in (copy.copy(token), copy.deepcopy(token)):
        assert twin == token
        assert twin.key == token.key
        assert bytes(twin.digest) == bytes(token.digest)
        twin.name = "another"
    assert token.name == ""


def test_no_error_report_has_the_key(user: Any) -> None:
    """The database fails while a key is looked up. Django mails the report to the ADMINS."""
    key = operations.issue(user).key
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {key}")
    assert key not in report_of(request, lambda: EchoView.as_view()(request))


def report_of(request: Any, call: Callable[[], Any]) -> str:
    """Return the text that Django mails to ADMINS, and the local variables of our functions."""

    def fail(*args: Any) -> None:
        raise OperationalError("down")

    try:
        with connection.execute_wrapper(fail):
            call()
    except OperationalError:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        frames = reporter.get_traceback_frames()
        package = str(Path(drf_token_auth.__file__).parent)
        ours = [frame["vars"] for frame in frames if frame["filename"].startswith(package)]
        assert ours
        return repr(ours) + reporter.get_traceback_text()
    pytest.fail("the database was not asked")


def test_a_database_dump_restores_tokens(user: Any) -> None:
    """A dump by dumpdata has the digest of a token, but not its key."""
    token = operations.issue(user)
    dump = serializers.serialize("json", Token.objects.all())
    assert token.key not in dump
    Token.objects.all().delete()
    with listening() as heard:
        for one in serializers.deserialize("json", dump):
            one.save()
    assert heard == []
    assert status_of(token) == 200
