"""Require a recent login: ``RecentLogin``, and the challenge of RFC 9470."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.permissions import OR, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from drf_token_auth import get_token_model, operations
from drf_token_auth.permissions import InsufficientAuthentication, RecentLogin
from tests.conftest import PASSWORD, make_user
from tests.life_urls import IsPosting, OkView
from tests.lives import EDGES, at, atomic_requests, client_of, log_in, only

Token = get_token_model()
MINUTE = timedelta(minutes=1)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = pytest.mark.urls("tests.life_urls")


def is_allowed(response: Any, max_age: int = 900, scheme: str = "Token") -> bool:
    """Return whether the request was allowed. If not, check that the challenge asks for a login."""
    if response.status_code in {200, 201}:
        return True
    assert response.status_code == 401
    assert response.data["detail"].code == "insufficient_user_authentication"
    assert response["WWW-Authenticate"] == (
        f'{scheme} realm="api", error="insufficient_user_authentication", max_age="{max_age}"'
    )
    return False


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    ("path", "seconds"), [("/recent/", 900), ("/recent/five/", 300), ("/auth/tokens/", 900)]
)
def test_a_login_is_fresh_until_the_microsecond(
    user: Any, path: str, seconds: int, edge: str
) -> None:
    now = timezone.now()
    with at(now):
        client = client_of(log_in(user).data["token"])
    with at(now + timedelta(seconds=seconds) + EDGES[edge]):
        assert is_allowed(client.post(path), seconds) is (edge == "before")
        assert client.get("/auth/tokens/").status_code == 200


@pytest.mark.parametrize("edge", EDGES)
def test_the_setting_gives_the_default_age(user: Any, edge: str) -> None:
    now = timezone.now()
    with at(now):
        client = client_of(log_in(user).data["token"])
    conf = override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": MINUTE})
    with conf, at(now + MINUTE + EDGES[edge]):
        assert is_allowed(client.get("/recent/"), 60) is (edge == "before")
        assert is_allowed(client.post("/auth/tokens/"), 60) is (edge == "before")
        assert is_allowed(client.get("/recent/five/"), 300)


def test_without_recent_login_every_login_is_fresh_but_no_personal_token(user: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": None}):
        login = operations.issue(user)
        personal = operations.issue(user, kind="personal")
        with at(timezone.now() + timedelta(days=13)):
            assert is_allowed(client_of(login).post("/auth/tokens/"))
            assert is_allowed(client_of(login).get("/recent/"))
            assert not is_allowed(client_of(personal).post("/auth/tokens/"), 0)
            assert not is_allowed(client_of(login).get("/recent/five/"), 300)


def test_a_personal_token_is_never_a_fresh_login(user: Any) -> None:
    client = client_of(operations.issue(user, kind="personal"))
    assert not is_allowed(client.get("/recent/"))
    assert not is_allowed(client.get("/recent/five/"), 300)
    assert not is_allowed(client.post("/auth/tokens/"))
    assert not Token.objects.exclude(kind="personal").exists()
    assert Token.objects.count() == 1


def test_uses_renewals_and_rotations_make_no_login_fresh(user: Any) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user, idle_timeout=20 * MINUTE)
    with at(now + 14.5 * MINUTE):
        key = client_of(token).post("/auth/token/rotate/").data["token"]
    with at(now + 15 * MINUTE):
        assert not is_allowed(client_of(key).get("/recent/"))
        assert not is_allowed(client_of(token).get("/recent/"))


def test_logging_in_again_makes_the_login_fresh(user: Any) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        client = client_of(operations.issue(user))
    assert not is_allowed(client.get("/recent/"))
    assert is_allowed(client_of(log_in(user).data["token"]).get("/recent/"))


def test_a_login_in_the_future_is_not_fresh(user: Any) -> None:
    now = timezone.now()
    token = operations.issue(user)
    Token.objects.update(created_at=now + timedelta(hours=1))
    with at(now):
        assert not is_allowed(client_of(token).get("/recent/"))


def test_an_anonymous_request_is_refused(db: None, api_client: APIClient) -> None:
    for path in ("/recent/", "/recent/five/"):
        response = api_client.get(path)
        assert response.status_code == 401
        assert response.data["detail"].code == "not_authenticated"
        assert response["WWW-Authenticate"] == 'Token realm="api"'


def test_a_refused_key_does_not_ask_for_a_fresh_login(user: Any) -> None:
    """RFC 9470 3: the challenge is for a token that is otherwise valid."""
    expired, revoked = operations.issue(user, ttl=timedelta(0)), operations.issue(user)
    revoked.delete()
    for key in (expired.key, revoked.key, "nonsense"):
        response = client_of(key).post("/recent/")
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'


@pytest.mark.django_db(transaction=True)
@both
def test_a_refusal_creates_nothing(atomic: bool) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        client = client_of(operations.issue(make_user()))
    with atomic_requests(atomic):
        assert not is_allowed(client.post("/auth/tokens/", {"name": "x"}))
    assert Token.objects.count() == 1


# Sessions


@pytest.fixture
def session(user: Any) -> APIClient:
    client = APIClient()
    assert client.login(username=user.get_username(), password=PASSWORD)
    return client


@pytest.mark.parametrize("edge", EDGES)
def test_a_session_is_as_fresh_as_its_login(user: Any, edge: str) -> None:
    now = timezone.now()
    client = APIClient()
    with at(now):
        assert client.login(username=user.get_username(), password=PASSWORD)
    # The session holds seconds as a float, so stay a millisecond away from the edge.
    away = EDGES[edge] * 1000
    with at(now + 15 * MINUTE + away):
        assert is_allowed(client.get("/recent/session/")) is (edge == "before")


def test_a_session_from_before_the_package_is_not_fresh(user: Any) -> None:
    """Such a session does not hold the time of its login."""
    client = APIClient()
    client.force_login(user)
    assert client.get("/recent/session/").status_code == 200
    store = client.session
    del store["_drf_token_auth_login_at"]
    store.save()
    assert not is_allowed(client.get("/recent/session/"))


def test_the_session_holds_the_time_and_no_key(user: Any, session: APIClient) -> None:
    stored = dict(session.session)
    assert isinstance(stored["_drf_token_auth_login_at"], float)
    log_in(user, session)
    assert "dta_" not in str(dict(session.session))


def test_another_users_login_does_not_make_a_session_fresh(
    user: Any, other_user: Any, session: APIClient
) -> None:
    store = session.session
    store["_drf_token_auth_login_at"] = 0.0
    store.save()
    assert log_in(other_user, session).status_code == 200
    assert session.session["_drf_token_auth_login_at"] == 0.0
    assert not is_allowed(session.get("/recent/session/"))


def test_basic_authentication_is_not_a_fresh_login(user: Any) -> None:
    """Basic authentication does not prove that the user is present."""
    pair = base64.b64encode(f"{user.get_username()}:{PASSWORD}".encode()).decode()
    client = APIClient(HTTP_AUTHORIZATION=f"Basic {pair}")
    assert client.get("/recent/session/").status_code == 401


def test_a_fresh_session_does_not_make_a_stale_token_fresh(
    user: Any, other_user: Any, session: APIClient
) -> None:
    """A request has the cookie of a fresh session, and a token whose login is an hour old."""
    with at(timezone.now() - timedelta(hours=1)):
        old = operations.issue(other_user)
    session.credentials(HTTP_AUTHORIZATION=f"Token {old.key}")
    assert not is_allowed(session.get("/recent/"))
    with at(timezone.now() - timedelta(hours=1)):
        own = operations.issue(user)
    session.credentials(HTTP_AUTHORIZATION=f"Token {own.key}")
    assert not is_allowed(session.get("/recent/"))


def test_an_impersonated_session_is_not_a_fresh_login(session: APIClient) -> None:
    store = session.session
    store["hijack_history"] = ["1"]
    store.save()
    with override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": None}):
        assert not is_allowed(session.get("/recent/session/"), 0)


# With & and |


@pytest.mark.parametrize("path", ["/recent/both/", "/recent/both-turned/"])
def test_and_requires_both_permissions(user: Any, path: str) -> None:
    fresh = client_of(operations.issue(user))
    with at(timezone.now() - timedelta(hours=1)):
        stale = client_of(operations.issue(user))
    seconds = 300 if path == "/recent/both/" else 900
    assert is_allowed(fresh.post(path))
    assert fresh.get(path).status_code == 403
    assert not is_allowed(stale.post(path), seconds)


@pytest.mark.parametrize("path", ["/recent/either/", "/recent/either-turned/"])
def test_or_requires_one_permission(user: Any, path: str) -> None:
    fresh = client_of(operations.issue(user))
    with at(timezone.now() - timedelta(hours=1)):
        stale = client_of(operations.issue(user))
    assert is_allowed(fresh.get(path))
    assert is_allowed(fresh.post(path))
    assert is_allowed(stale.post(path))
    assert stale.get(path).data["detail"].code == "permission_denied"


def test_class_and_instance_are_both_permissions() -> None:
    one = RecentLogin(MINUTE)
    assert one() is one
    assert RecentLogin().max_age is None
    assert isinstance((RecentLogin | one)(), OR)
    assert isinstance((one | RecentLogin)(), OR)


FIVE = RecentLogin(5 * MINUTE)


def ask(token: Any, *permissions: Any, method: str = "get", view: Any = OkView) -> Response:
    """Return the answer of a view with these permissions. Without a token, no user is logged in."""
    client = APIClient() if token is None else client_of(token)
    with only(view.as_view(permission_classes=permissions)):
        response: Response = getattr(client, method)("/")
    return response


@pytest.fixture
def fresh(user: Any) -> Any:
    return operations.issue(user)


@pytest.fixture
def stale(user: Any) -> Any:
    with at(timezone.now() - timedelta(hours=1)):
        return operations.issue(user)


@pytest.mark.parametrize(
    "permission",
    [
        IsPosting | RecentLogin,
        RecentLogin | IsPosting,
        (IsAuthenticated & RecentLogin) | IsPosting,
        (RecentLogin & IsAuthenticated) | IsPosting,
        IsAuthenticated & FIVE | IsPosting,
        (RecentLogin | IsAdminUser) | IsPosting,
        ((FIVE | IsPosting) | IsAdminUser),
        ((IsAdminUser | FIVE) | IsPosting),
        IsAdminUser | (FIVE | IsPosting),
        ((IsAdminUser | IsAuthenticated) & RecentLogin) | IsPosting,
        (IsAuthenticated & (RecentLogin | IsAdminUser)) | IsPosting,
        FIVE | RecentLogin | IsPosting,
        RecentLogin | FIVE | IsPosting,
        IsPosting | ~~FIVE | FIVE,
    ],
)
def test_or_works_in_both_orders(permission: Any, fresh: Any, stale: Any) -> None:
    assert is_allowed(ask(fresh, permission))
    assert is_allowed(ask(stale, permission, method="post"))
    refused = ask(stale, permission)
    assert refused.data["detail"].code == "permission_denied"
    assert "WWW-Authenticate" not in refused
    nobody = ask(None, permission)
    assert nobody.status_code == 401
    assert nobody.data["detail"].code == "not_authenticated"


@pytest.mark.parametrize(
    "permission",
    [
        ~RecentLogin,
        ~FIVE,
        ~(IsAuthenticated & RecentLogin),
        ~(RecentLogin & IsAuthenticated),
        ~(FIVE | IsAdminUser),
        IsAuthenticated & ~FIVE,
    ],
)
def test_a_negated_permission_inverts_the_answer(permission: Any, fresh: Any, stale: Any) -> None:
    assert is_allowed(ask(stale, permission))
    assert ask(fresh, permission).data["detail"].code == "permission_denied"


def test_a_negated_permission_does_not_ask_for_a_login(stale: Any) -> None:
    permission = ~RecentLogin & IsPosting
    assert is_allowed(ask(stale, permission, method="post"))
    assert ask(stale, permission).data["detail"].code == "permission_denied"


@pytest.mark.parametrize(
    "permissions", [[FIVE | IsPosting, RecentLogin], [IsPosting & ~FIVE & RecentLogin]]
)
def test_the_refusal_names_what_is_missing(permissions: Any, stale: Any) -> None:
    assert not is_allowed(ask(stale, *permissions, method="post"), 900)


class HasNoOwner(BasePermission):
    """Allow every user, if the object has no owner."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return obj is None


class DetailView(OkView):
    obj: Any = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.check_object_permissions(request, self.obj)
        return super().get(request)


class OwnedView(DetailView):
    obj = object()


@pytest.mark.parametrize(
    "permission",
    [
        RecentLogin | HasNoOwner,
        HasNoOwner | RecentLogin,
        (IsAuthenticated & FIVE) | HasNoOwner,
        HasNoOwner | (IsAuthenticated & FIVE),
    ],
)
def test_or_works_with_object_permissions(permission: Any, fresh: Any, stale: Any) -> None:
    assert is_allowed(ask(fresh, permission, view=OwnedView))
    assert is_allowed(ask(stale, permission, view=DetailView))
    refused = ask(stale, permission, view=OwnedView)
    assert refused.data["detail"].code == "permission_denied"


@pytest.mark.parametrize("permission", [~RecentLogin, ~FIVE, ~(IsAuthenticated & RecentLogin)])
def test_a_negated_permission_works_with_object_permissions(
    permission: Any, fresh: Any, stale: Any
) -> None:
    assert is_allowed(ask(stale, permission, view=OwnedView))
    assert ask(fresh, permission, view=OwnedView).status_code == 403


def test_a_refusal_calls_no_other_permission(stale: Any) -> None:
    class MustNotBeAsked(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            raise NotImplementedError

    for others in ([MustNotBeAsked], [MustNotBeAsked | IsAdminUser], [FIVE & MustNotBeAsked]):
        assert not is_allowed(ask(stale, RecentLogin, *others))


class OnWeekdays(BasePermission):
    """A permission of the project that calls ``RecentLogin``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return RecentLogin().has_permission(request, view)


@pytest.mark.parametrize("permission", [OnWeekdays, RecentLogin | OnWeekdays, FIVE | OnWeekdays])
def test_a_permission_of_the_project_can_call_recent_login(
    permission: Any, fresh: Any, stale: Any
) -> None:
    assert is_allowed(ask(fresh, permission))
    if permission is OnWeekdays:
        assert not is_allowed(ask(stale, permission), 900)
    else:
        assert ask(stale, permission).data["detail"].code == "permission_denied"


def test_the_permission_works_outside_a_view(stale: Any) -> None:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {stale.key}")
    request = OkView().initialize_request(request)
    for view in (None, object()):
        with pytest.raises(InsufficientAuthentication):
            RecentLogin().has_permission(request, view)


# The time


def test_a_max_age_of_zero_is_not_the_default(fresh: Any) -> None:
    with at(fresh.created_at):
        assert not is_allowed(ask(fresh, RecentLogin(timedelta(0))), 0)


@pytest.mark.parametrize("wrong", [300, 300.0, "5", True, (MINUTE,)])
def test_a_max_age_that_is_not_a_timedelta_is_an_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match="timedelta") as caught:
        RecentLogin(wrong)
    assert repr(wrong) in str(caught.value)


def test_a_negative_max_age_is_an_error() -> None:
    with pytest.raises(ValueError, match="timedelta") as caught:
        RecentLogin(-MINUTE)
    assert repr(-MINUTE) in str(caught.value)


@pytest.mark.django_db
def test_a_service_without_a_row_has_no_login() -> None:
    client = APIClient()
    client.force_authenticate(type("Service", (), {"is_authenticated": True})())
    assert not is_allowed(client.post("/recent/"))
