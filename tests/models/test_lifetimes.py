"""The lifetime of a token: fixed, idle with a maximum, or unlimited. No path exceeds MAX_TTL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth import SESSION_KEY, get_user_model
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.fields import DateTimeField
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.exceptions import TokenExpired
from drf_token_auth.logins.age import note_login
from drf_token_auth.lookup import last_use as usage
from drf_token_auth.lookup import require_usable
from drf_token_auth.views import LoginView
from tests.conftest import PASSWORD, make_user
from tests.life_urls import InspectedView
from tests.lives import EDGES, at, atomic_requests, client_of, log_in, row, status_of

Token = get_token_model()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# All examples of one test share its fixtures, and each example cleans up.
examples = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

pytestmark = pytest.mark.urls("tests.life_urls")


# One definition of expired


@pytest.mark.parametrize("edge", EDGES)
def test_a_token_expires_to_the_microsecond(user: Any, edge: str) -> None:
    token = operations.issue(user, ttl=HOUR)
    is_usable = edge == "before"
    assert token.expires_at is not None
    with at(token.expires_at + EDGES[edge]):
        response = client_of(token).get("/echo/")
        assert response.status_code == (200 if is_usable else 401)
        if not is_usable:
            assert response.data["detail"].code == "token_expired"
            assert response["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'
        assert (Token.objects.from_key(token.key) is not None) is is_usable
        assert row(token).is_expired() is not is_usable
        assert Token.objects.usable().exists() is is_usable
        assert Token.objects.expired().exists() is not is_usable
        assert operations.purge(dry_run=True) == (not is_usable)
        assert operations.purge() == (not is_usable)
        assert Token.objects.exists() is is_usable


@pytest.mark.parametrize("edge", EDGES)
def test_an_expired_token_is_not_listed_and_cannot_be_renamed(user: Any, edge: str) -> None:
    mine = operations.issue(user, ttl=2 * HOUR)
    other = operations.issue(user, ttl=HOUR)
    assert other.expires_at is not None
    with at(other.expires_at + EDGES[edge]):
        client = client_of(mine)
        listed = {one["id"] for one in client.get("/auth/tokens/").data["results"]}
        assert (other.pk in listed) is (edge == "before")
        status = client.patch(f"/auth/tokens/{other.pk}/", {"name": "x"}).status_code
        assert status == (200 if edge == "before" else 404)


def python_says(token: Any) -> bool:
    try:
        require_usable(token, timezone.now())
    except TokenExpired:
        return False
    return True


@examples
@given(
    offsets=st.lists(st.one_of(st.none(), st.integers(-2, 2), st.integers(-(10**12), 10**12))),
    older=st.integers(0, 3),
)
def test_python_and_sql_and_the_purge_never_differ(
    user: Any, offsets: list[int | None], older: int
) -> None:
    now = timezone.now()
    with at(now):
        tokens = Token.objects.bulk_create(
            Token(user=user, expires_at=None if us is None else now + timedelta(microseconds=us))
            for us in offsets
        )
        usable = {token.pk for token in Token.objects.select_related("user") if python_says(token)}
        assert set(Token.objects.usable().values_list("pk", flat=True)) == usable
        expired = {token.pk for token in tokens} - usable
        assert set(Token.objects.expired().values_list("pk", flat=True)) == expired
        assert {token.pk for token in tokens if token.is_expired(now)} == expired
        assert operations.purge(dry_run=True) == len(expired)
        kept_a_while = timedelta(microseconds=older)
        long_expired = sum(us is not None and us <= -older for us in offsets)
        assert operations.purge(older_than=kept_a_while, batch_size=2) == long_expired
        assert operations.purge() == len(expired) - long_expired
        assert set(Token.objects.values_list("pk", flat=True)) == usable
    Token.objects.all().delete()


# Lifetimes by settings, call and view


@pytest.mark.parametrize(
    ("conf", "kind", "ttl"),
    [
        ({}, "login", 14 * DAY),
        ({}, "personal", 90 * DAY),
        ({"TTL": HOUR, "PERSONAL_TTL": 2 * HOUR}, "login", HOUR),
        ({"TTL": HOUR, "PERSONAL_TTL": 2 * HOUR}, "personal", 2 * HOUR),
        ({"TTL": None}, "login", None),
        ({"PERSONAL_TTL": None}, "personal", None),
        ({"PERSONAL_TTL": None, "MAX_TTL": HOUR}, "personal", HOUR),
        ({"TTL": HOUR, "MAX_TTL": DAY}, "login", HOUR),
    ],
)
def test_the_settings_give_each_kind_its_lifetime(
    user: Any, conf: Any, kind: str, ttl: timedelta | None
) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH=conf), at(now):
        token = operations.issue(user, kind=kind)
    assert row(token).expires_at == (None if ttl is None else now + ttl)
    assert token.expires_at == row(token).expires_at


@pytest.mark.parametrize("ttl", [MINUTE, 400 * DAY, None])
@pytest.mark.parametrize("kind", ["login", "personal"])
def test_a_given_lifetime_wins_over_the_settings(
    user: Any, kind: str, ttl: timedelta | None
) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user, kind=kind, ttl=ttl)
    assert row(token).expires_at == (None if ttl is None else now + ttl)


def test_a_token_without_an_expiry_stays_usable(user: Any) -> None:
    token = operations.issue(user, ttl=None)
    with at(timezone.now() + 7000 * DAY):
        assert status_of(token) == 200
        assert operations.purge() == 0


def test_a_lifetime_of_zero_expires_at_once(user: Any) -> None:
    token = operations.issue(user, ttl=timedelta(0))
    assert status_of(token) == 401


def test_a_login_view_has_a_lifetime_of_its_own(user: Any) -> None:
    class KioskLogin(LoginView):
        def get_ttl(self, request: Request, user: Any) -> timedelta | None:
            return 5 * MINUTE if request.data.get("kiosk") else None

    def expiry(**data: Any) -> Any:
        credentials = {"username": user.get_username(), "password": PASSWORD, **data}
        request = APIRequestFactory().post("/", credentials)
        response = KioskLogin.as_view()(request)
        assert response.status_code == 200
        return Token.objects.get(pk=response.data["id"]).expires_at

    now = timezone.now()
    with at(now):
        assert expiry(kiosk=True) == now + 5 * MINUTE
        assert expiry() is None


# MAX_TTL on each path that makes a token


def create(user: Any, **fields: Any) -> None:
    Token.objects.create(user=user, **fields)


def create_never(user: Any) -> None:
    Token.objects.create(user=user, expires_at=None)


def create_through_the_user(user: Any) -> None:
    getattr(
        user,
        Token._meta.get_field("user").remote_field.related_name
        % {"app_label": Token._meta.app_label, "class": Token._meta.model_name},
    ).create(expires_at=None)


def save(user: Any) -> None:
    Token(user=user).save()


def save_never(user: Any) -> None:
    token = Token(user=user, expires_at=None)
    token.save()


def save_far(user: Any) -> None:
    Token(user=user, expires_at=timezone.now() + 999 * DAY).save()


def bulk_create(user: Any) -> None:
    Token.objects.bulk_create([Token(user=user), Token(user=user, expires_at=None)])


def get_or_create(user: Any) -> None:
    Token.objects.get_or_create(user=user, defaults={"expires_at": None})


def loaddata(user: Any) -> None:
    """Load a fixture that was written before ``MAX_TTL`` was set."""
    with override_settings(DRF_TOKEN_AUTH={"TTL": None}):
        token = Token.objects.create(user=user, expires_at=None)
        fixture = serializers.serialize("json", [token])
        token.delete()
    assert json.loads(fixture)[0]["fields"]["expires_at"] is None
    for loaded in serializers.deserialize("json", fixture):
        loaded.save()


def loaddata_idle(user: Any) -> None:
    """Load a token that its uses would renew forever."""
    with override_settings(DRF_TOKEN_AUTH={"TTL": None}):
        token = operations.issue(user, ttl=None, idle_timeout=12 * HOUR)
        assert token.renewable_until is None
        fixture = serializers.serialize("json", [token])
        token.delete()
    for loaded in serializers.deserialize("json", fixture):
        loaded.save()
    assert Token.objects.get().renewable_until is not None


def create_renewable_for_long(user: Any) -> None:
    far = timezone.now() + 9 * DAY
    token = Token.objects.create(user=user, idle_timeout=HOUR, renewable_until=far)
    assert token.renewable_until is not None


def loaddata_without_a_digest(user: Any) -> None:
    """Load a fixture that a person wrote without a digest. No key belongs to this token."""
    fields = {"user": user.pk, "expires_at": None}
    fixture = [{"model": Token._meta.label_lower, "pk": None, "fields": fields}]
    for loaded in serializers.deserialize("json", json.dumps(fixture, default=str)):
        loaded.save()


def create_with_a_text(user: Any) -> None:
    token = Token.objects.create(user=user, expires_at=(timezone.now() + 9 * DAY).isoformat())
    assert isinstance(token.expires_at, datetime)


def the_admin(user: Any) -> None:
    boss = get_user_model()._default_manager.create_superuser(
        **{get_user_model().USERNAME_FIELD: "boss@example.com", "password": "x"},
        **({} if get_user_model().USERNAME_FIELD == "email" else {"email": "boss@example.com"}),
    )
    form = {"user": user.pk, "kind": "personal", "expires_at_0": "", "expires_at_1": ""}
    request = RequestFactory().post("/", form)
    request.user = boss
    request._dont_enforce_csrf_checks = True
    request.session = {SESSION_KEY: str(boss.pk)}
    note_login(request, boss)
    from drf_token_auth.admin import TokenAdmin  # here, because the core has no admin

    response = TokenAdmin(Token, admin.site).add_view(request)
    response.render()
    assert response.status_code == 200
    assert b"dta_" in response.content


def the_command(user: Any) -> None:
    call_command("create_token", user.get_username(), "--never", stdout=StringIO())


def the_command_for_a_login(user: Any) -> None:
    call_command("create_token", user.get_username(), "--kind", "login", stdout=StringIO())


def the_login(user: Any) -> None:
    assert log_in(user).status_code == 200


def the_api(user: Any) -> None:
    login = log_in(user).data
    response = client_of(login["token"]).post("/auth/tokens/", {"ttl": None}, format="json")
    assert response.status_code == 201
    assert response.data["expires_at"] is not None


def the_api_with_a_ttl(user: Any) -> None:
    login = log_in(user).data
    response = client_of(login["token"]).post("/auth/tokens/", {"ttl": 10**9}, format="json")
    assert response.status_code == 201


def issue(user: Any) -> None:
    operations.issue(user)


def issue_never(user: Any) -> None:
    operations.issue(user, kind="personal", ttl=None)


def issue_idle(user: Any) -> None:
    token = operations.issue(user, ttl=None, idle_timeout=HOUR)
    assert token.renewable_until is not None


PATHS: list[Callable[[Any], None]] = [
    create,
    create_never,
    create_through_the_user,
    save,
    save_never,
    save_far,
    bulk_create,
    get_or_create,
    loaddata,
    loaddata_idle,
    loaddata_without_a_digest,
    create_renewable_for_long,
    create_with_a_text,
    the_admin,
    the_command,
    the_command_for_a_login,
    the_login,
    the_api,
    the_api_with_a_ttl,
    issue,
    issue_never,
    issue_idle,
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_creates_a_token_with_a_longer_lifetime_than_max_ttl(
    user: Any, path: Callable[[Any], None]
) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": DAY}), at(now):
        path(user)
    made = list(Token.objects.all())
    assert made
    for token in made:
        assert token.expires_at is not None
        assert token.expires_at <= now + DAY
        if token.renewable_until is not None:
            assert token.renewable_until <= now + DAY


@pytest.mark.parametrize("longest", [DAY, None])
@pytest.mark.parametrize("ttl", [HOUR, None])
def test_a_fixture_with_a_shorter_lifetime_keeps_it(
    user: Any, longest: timedelta | None, ttl: timedelta | None
) -> None:
    before = operations.issue(user, ttl=ttl, idle_timeout=MINUTE)
    fixture = serializers.serialize("python", [before])
    with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": longest}), at(timezone.now()):
        for loaded in serializers.deserialize("python", fixture):
            loaded.save()
        latest = timezone.now() + longest if ttl is None and longest else before.renewable_until
    after = Token.objects.get()
    assert (after.expires_at, after.renewable_until) == (before.expires_at, latest)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("end", [datetime.min, datetime.max])
def test_every_time_zone_can_show_an_expiry_at_an_end_of_the_calendar(
    user: Any, zone: str, end: datetime
) -> None:
    """Some projects write the last date for "never". A page must be able to show it."""
    if timezone.is_aware(timezone.now()):
        end = end.replace(tzinfo=timezone.get_default_timezone())
    token = Token.objects.create(user=user, expires_at=end)
    assert token.is_expired() is (end.year == 1)
    with timezone.override(zone):
        assert DateTimeField().to_representation(token.expires_at)


def test_a_wrong_expiry_is_an_error(user: Any) -> None:
    with pytest.raises(ValidationError, match="tomorrow"):
        Token.objects.create(user=user, expires_at="tomorrow")


def test_max_ttl_keeps_shorter_lifetimes(user: Any) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": DAY}), at(now):
        assert operations.issue(user, ttl=HOUR).expires_at == now + HOUR
        assert operations.issue(user, ttl=DAY).expires_at == now + DAY


# The idle timeout and the cap of each token


def idle_token(user: Any, idle: timedelta = 15 * MINUTE, ttl: timedelta | None = DAY) -> Any:
    return operations.issue(user, ttl=ttl, idle_timeout=idle)


def use(token: Any, path: str = "/echo/") -> int:
    return client_of(token).get(path).status_code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
def test_a_use_extends_by_the_tokens_own_timeout(atomic: bool) -> None:
    start = timezone.now()
    user = make_user()
    with override_settings(DRF_TOKEN_AUTH={"IDLE_TIMEOUT": 3 * HOUR}), atomic_requests(atomic):
        with at(start):
            token = idle_token(user)
            assert token.expires_at == start + 15 * MINUTE
            assert token.renewable_until == start + DAY
        with at(start + 10 * MINUTE):
            assert use(token) == 200
        assert row(token).expires_at == start + 25 * MINUTE
        with at(start + 25 * MINUTE):
            assert use(token) == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("edge", EDGES)
def test_an_idle_token_expires_to_the_microsecond(edge: str) -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    with at(start + 15 * MINUTE + EDGES[edge]):
        assert use(token) == (200 if edge == "before" else 401)
        expected = 15 * MINUTE + (15 * MINUTE + EDGES[edge] if edge == "before" else timedelta(0))
    assert row(token).expires_at == start + expected
    with at(start + 15 * MINUTE + EDGES[edge]):
        assert operations.purge() == (edge != "before")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("edge", EDGES)
def test_no_use_extends_beyond_the_limit(edge: str) -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user(), ttl=HOUR)
    for minutes in range(10, 60, 10):
        with at(start + minutes * MINUTE):
            assert use(token) == 200
            expires_at = row(token).expires_at
            assert expires_at is not None
            assert expires_at <= start + HOUR
    assert row(token).expires_at == start + HOUR
    with at(start + HOUR + EDGES[edge]):
        assert use(token) == (200 if edge == "before" else 401)


@pytest.mark.django_db(transaction=True)
def test_no_rotation_extends_beyond_the_limit() -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user(), ttl=HOUR)
    for minutes in range(10, 60, 10):
        with at(start + minutes * MINUTE):
            response = client_of(token).post("/auth/token/rotate/")
            assert response.status_code == 200
            token.key = response.data["token"]
    with at(start + HOUR):
        assert use(token) == 401


def test_an_idle_timeout_needs_no_limit(user: Any) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user, ttl=None, idle_timeout=HOUR)
    assert (token.expires_at, token.renewable_until) == (now + HOUR, None)


def test_an_idle_timeout_longer_than_the_lifetime_has_no_effect(user: Any) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user, ttl=MINUTE, idle_timeout=HOUR)
    assert (token.expires_at, token.renewable_until) == (now + MINUTE, now + MINUTE)


def test_idle_timeout_applies_to_login_tokens_only(user: Any) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"IDLE_TIMEOUT": HOUR}), at(now):
        login = Token.objects.get(pk=log_in(user).data["id"])
        made = Token.objects.create(user=user)
        personal = operations.issue(user, kind="personal")
    for token in (login, made):
        assert (token.expires_at, token.renewable_until) == (now + HOUR, now + 14 * DAY)
        assert token.idle_timeout == HOUR
    assert personal.idle_timeout is None
    assert personal.expires_at == now + 90 * DAY


def test_a_call_can_give_a_fixed_lifetime_despite_idle_timeout(user: Any) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"IDLE_TIMEOUT": HOUR}), at(now):
        token = operations.issue(user, ttl=DAY, idle_timeout=None)
    assert row(token).idle_timeout is None
    assert row(token).expires_at == now + DAY


@pytest.mark.django_db(transaction=True)
def test_a_changed_setting_does_not_change_existing_tokens() -> None:
    start = timezone.now()
    with at(start), override_settings(DRF_TOKEN_AUTH={"IDLE_TIMEOUT": 30 * MINUTE}):
        token = operations.issue(make_user())
    with at(start + 20 * MINUTE), override_settings(DRF_TOKEN_AUTH={"IDLE_TIMEOUT": 9 * HOUR}):
        assert use(token) == 200
    assert row(token).expires_at == start + 50 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_a_use_never_shortens_a_lifetime() -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
        Token.objects.filter(pk=token.pk).update(expires_at=start + 5 * HOUR)
    with at(start + HOUR):
        assert use(token) == 200
    assert row(token).expires_at == start + 5 * HOUR


@pytest.mark.django_db(transaction=True)
def test_a_late_renewal_does_not_shorten_a_longer_lifetime() -> None:
    """Another process extends the lifetime between the SELECT and the UPDATE of this request."""
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())

    def extend(request: Any) -> None:
        Token.objects.filter(pk=token.pk).update(expires_at=start + 5 * HOUR)

    with at(start + 10 * MINUTE), atomic_requests(True), in_the_view(extend):
        assert use(token, "/inspected/") == 200
    assert row(token).expires_at == start + 5 * HOUR


def in_the_view(look: Callable[[Any], None]) -> Any:
    return mock.patch.object(InspectedView, "look", staticmethod(look))


@pytest.mark.django_db(transaction=True)
def test_a_late_renewal_does_not_restore_an_expired_token() -> None:
    """The token expires while the view runs, so the write comes too late."""
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    with atomic_requests(True), at(start + 14 * MINUTE):
        ending = at(start + 15 * MINUTE)

        def expire(request: Any) -> None:
            ending.start()

        try:
            with in_the_view(expire):
                assert use(token, "/inspected/") == 200
        finally:
            ending.stop()
    assert row(token).expires_at == start + 15 * MINUTE
    assert row(token).last_used_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("use_before", [False, True])
def test_request_auth_equals_the_row(atomic: bool, use_before: bool) -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    if use_before:
        with at(start + 5 * MINUTE):
            assert use(token) == 200
    seen: list[Any] = []

    def look(request: Any) -> None:
        stored = row(token)
        assert request.auth.expires_at == stored.expires_at
        assert request.auth.last_used_at == stored.last_used_at
        seen.append(request.auth)

    with at(start + 10 * MINUTE), atomic_requests(atomic), in_the_view(look):
        assert use(token, "/inspected/") == 200
    assert seen[0].expires_at == row(token).expires_at == start + 25 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_the_second_request_sees_the_first_write() -> None:
    """Both requests load the row before one of them writes."""
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    with at(start + 10 * MINUTE):
        loaded = [row(token), row(token)]
        for one in loaded:
            one.presented_digests = [bytes(one.digest)]
            usage.record(one, timezone.now())
    assert loaded[0].expires_at == loaded[1].expires_at == row(token).expires_at


@pytest.mark.django_db(transaction=True)
def test_one_of_two_parallel_requests_renews() -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    loaded = [row(token), row(token)]
    for number, one in enumerate(loaded):
        one.presented_digests = [bytes(one.digest)]
        with at(start + 10 * MINUTE + number * timedelta(milliseconds=7)):
            usage.record(one, timezone.now())
    assert row(token).expires_at == start + 25 * MINUTE
    assert loaded[1].expires_at == start + 25 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_showing_the_token_does_not_extend_it() -> None:
    start = timezone.now()
    with at(start):
        token = idle_token(make_user())
    with at(start + 10 * MINUTE):
        assert use(token, "/auth/token/") == 200
    assert row(token).expires_at == start + 15 * MINUTE
    assert row(token).last_used_at is None


def authenticate(key: str) -> Any:
    request = HttpRequest()
    request.META["HTTP_AUTHORIZATION"] = f"Token {key}"
    found = ExpiringTokenAuthentication().authenticate(request)
    assert found is not None
    return found[1]


@pytest.mark.django_db(transaction=True)
@examples
@given(
    idle=st.integers(1, 3600),
    ttl=st.one_of(st.none(), st.integers(1, 20_000)),
    pauses=st.lists(st.integers(0, 4000), max_size=12),
    interval=st.sampled_from([None, timedelta(0), MINUTE, 10 * MINUTE]),
)
def test_random_uses_keep_the_rules_of_an_idle_token(
    idle: int, ttl: int | None, pauses: list[int], interval: timedelta | None
) -> None:
    """A use never shortens the lifetime, exceeds the cap or restores an expired token.

    The expiry is exact to a tenth of the timeout.
    """
    timeout = timedelta(seconds=idle)
    moment = timezone.now()
    user = get_user_model()._default_manager.first() or make_user()
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": interval}):
        with at(moment):
            lifetime = None if ttl is None else timedelta(seconds=ttl)
            token = operations.issue(user, ttl=lifetime, idle_timeout=timeout)
        cap = None if lifetime is None else moment + lifetime
        before = row(token).expires_at
        for pause in pauses:
            moment += timedelta(seconds=pause)
            with at(moment):
                try:
                    auth = authenticate(token.key)
                except AuthenticationFailed:
                    assert moment >= before
                    assert row(token).expires_at == before
                    continue
            assert moment < before
            after = row(token).expires_at
            assert auth.expires_at == after
            assert after >= before
            assert after <= moment + timeout or after == before
            assert cap is None or after <= cap
            assert after == cap or after >= moment + timeout - timeout / 10
            before = after
    Token.objects.all().delete()
