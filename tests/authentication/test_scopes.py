"""Scopes: the settings declare them, views require them, and a refusal names the missing ones."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.exceptions import UnknownScopes
from drf_token_auth.permissions import HasScopes, RecentLogin
from tests.life_urls import IsPosting, OkView
from tests.lives import at, client_of, log_in, only

Token = get_token_model()
pytestmark = pytest.mark.urls("tests.life_urls")


@pytest.fixture(autouse=True)
def _declared() -> Any:
    scopes = {"read": "Read", "write": "Write", "admin": "Everything else", "mail:send": "Mail"}
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": scopes}):
        yield


METHODS = ["get", "head", "options", "post", "put", "patch", "delete"]
SAFE = METHODS[:3]


def missing(response: Any) -> set[str] | None:
    """Return the scopes that the challenge names, or None if the request was allowed."""
    if response.status_code == 200:
        return None
    assert response.status_code == 403
    assert response.data["detail"].code == "insufficient_scope"
    challenge = re.fullmatch(
        r'(Token|Bearer) realm="api", error="insufficient_scope", scope="([^"\\]+)"',
        response["WWW-Authenticate"],
    )
    assert challenge is not None, response["WWW-Authenticate"]
    named = challenge[2].split(" ")
    for scope in named:
        assert scope in str(response.data["detail"])
    return set(named)


def ask(user: Any, scopes: Any, path: str, method: str = "get", **options: Any) -> set[str] | None:
    client = client_of(operations.issue(user, scopes=scopes, **options))
    return missing(getattr(client, method)(path))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["login", "personal"])
def test_read_and_write_by_method(user: Any, method: str, kind: str) -> None:
    needed = "read" if method in SAFE else "write"
    path = "/scopes/by-method/"
    assert ask(user, ["read", "write"], path, method, kind=kind) is None
    assert ask(user, [needed], path, method, kind=kind) is None
    other = {"read": "write", "write": "read"}[needed]
    assert ask(user, [other], path, method, kind=kind) == {needed}
    assert ask(user, ["admin", "mail:send"], path, method, kind=kind) == {needed}


@pytest.mark.parametrize(
    ("scopes", "lacking"),
    [
        (["read", "admin"], None),
        (["read", "write", "admin"], None),
        (["read"], {"admin"}),
        (["admin"], {"read"}),
        (["write"], {"read", "admin"}),
        (None, None),
    ],
)
def test_required_scopes_of_a_view(user: Any, scopes: Any, lacking: set[str] | None) -> None:
    for method in METHODS:
        assert ask(user, scopes, "/scopes/listed/", method) == lacking


def test_a_view_can_name_one_scope_without_a_list(user: Any) -> None:
    assert ask(user, ["admin"], "/scopes/named/") is None
    assert ask(user, ["read"], "/scopes/named/") == {"admin"}


def test_a_view_can_need_no_scope(user: Any) -> None:
    assert ask(user, ["mail:send"], "/scopes/none/", "delete") is None


@pytest.mark.parametrize(
    ("method", "scopes", "lacking"),
    [
        ("get", ["read"], None),
        ("get", ["admin"], {"read"}),
        ("delete", ["write", "admin"], None),
        ("delete", ["write"], {"admin"}),
        ("delete", ["read"], {"write", "admin"}),
        # The view does not name this method, so the default for the method applies.
        ("post", ["write"], None),
        ("post", ["read"], {"write"}),
        ("head", ["read"], None),
    ],
)
def test_each_method_of_a_view_can_require_its_own_scopes(
    user: Any, method: str, scopes: list[str], lacking: set[str] | None
) -> None:
    assert ask(user, scopes, "/scopes/mapped/", method) == lacking


def test_a_scope_does_not_match_a_part_of_another(user: Any) -> None:
    more = {"SCOPES": {"rea": "", "reader": "", "read": ""}}
    with override_settings(DRF_TOKEN_AUTH=more):
        assert ask(user, ["rea", "reader"], "/scopes/by-method/") == {"read"}


def test_a_token_without_scopes_may_do_everything(user: Any) -> None:
    client = client_of(log_in(user).data["token"])
    for path in ("by-method", "listed", "named", "mapped"):
        assert missing(client.delete(f"/scopes/{path}/")) is None


def test_a_user_without_a_token_needs_no_scope(user: Any, api_client: APIClient) -> None:
    response = api_client.get("/scopes/listed/")
    assert response.status_code == 401
    assert "error" not in response["WWW-Authenticate"]
    api_client.force_authenticate(user)
    assert api_client.get("/scopes/listed/").status_code == 200


def test_narrowing_acts_on_the_next_request(user: Any) -> None:
    token = operations.issue(user)
    client = client_of(token)
    assert missing(client.get("/scopes/listed/")) is None
    for scopes, lacking in [
        ("read admin", None),
        ("read", {"admin"}),
        ("", {"read", "admin"}),
        (None, None),
    ]:
        Token.objects.filter(pk=token.pk).update(scopes=scopes)
        assert missing(client.get("/scopes/listed/")) == lacking


def test_an_undeclared_scope_grants_nothing_else(user: Any) -> None:
    token = operations.issue(user, scopes=["read", "mail:send"])
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": ""}}):
        assert missing(client_of(token).get("/scopes/by-method/")) is None
        assert missing(client_of(token).post("/scopes/by-method/")) == {"write"}


def test_the_scheme_of_the_challenge_is_the_clients(user: Any) -> None:
    token = operations.issue(user, scopes=["read"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token.key}")
    response = client.get("/scopes/bearer/")
    assert missing(response) == {"admin"}
    assert response["WWW-Authenticate"].startswith("Bearer ")


def test_a_request_needs_a_scope_or_the_other_permission(user: Any) -> None:
    assert ask(user, ["admin"], "/scopes/either/") is None
    assert ask(user, ["read"], "/scopes/either/", "post") is None
    client = client_of(operations.issue(user, scopes=["read"]))
    assert is_plain_403(client.get("/scopes/either/"))


def is_plain_403(response: Any) -> bool:
    """Return whether the answer is DRF's own 403, which names no scope and has no challenge."""
    plain = response.data["detail"].code == "permission_denied"
    return plain and response.status_code == 403 and "WWW-Authenticate" not in response


def ask_view(token: Any, method: str = "get", **attributes: Any) -> Any:
    """Return the answer of a view with these attributes."""
    view = type("View", (OkView,), {"permission_classes": (HasScopes,), **attributes})
    with only(view.as_view()):
        return getattr(client_of(token), method)("/")


@pytest.mark.parametrize(
    ("required", "method", "lacking"),
    [
        ({"get": ["admin"]}, "get", {"admin"}),
        ({"Delete": ["admin"]}, "delete", {"admin"}),
        ({"post": ["admin"]}, "get", None),
        # Django calls ``get`` for HEAD.
        ({"GET": ["admin"]}, "head", {"admin"}),
        ({"get": ["admin"]}, "head", {"admin"}),
        ({"GET": ["admin"], "HEAD": []}, "head", None),
        ({"GET": [], "head": ["admin"]}, "head", {"admin"}),
        ({"GET": ["admin"], "head": None}, "head", None),
        ({"GET": ["admin"]}, "options", None),
        ({"options": ["admin"]}, "options", {"admin"}),
        ({"GET": None}, "get", None),
        ({"GET": "write mail:send"}, "get", {"mail:send"}),
        ("admin mail:send", "get", {"admin", "mail:send"}),
        (" read\tadmin ", "get", {"admin"}),
        ("read write", "delete", None),
        ([], "delete", None),
        # An empty text is a mistake here, and also in a new token.
        ("", "get", {""}),
        ({"GET": " "}, "get", {" "}),
    ],
)
def test_required_scopes_may_have_any_of_these_forms(
    user: Any, required: Any, method: str, lacking: set[str] | None
) -> None:
    token = operations.issue(user, scopes=["read", "write"])
    response = ask_view(token, method, required_scopes=required)
    if lacking is None:
        assert response.status_code == 200
    else:
        assert response.status_code == 403
        assert response["WWW-Authenticate"].endswith(f'scope="{" ".join(sorted(lacking))}"')


@pytest.mark.parametrize(
    "permission",
    [
        IsPosting | HasScopes,
        (IsAuthenticated & HasScopes) | IsPosting,
        (HasScopes | IsAdminUser) | IsPosting,
        (IsAdminUser | HasScopes) | IsPosting,
        ((IsAdminUser | IsAuthenticated) & HasScopes) | IsPosting,
        (HasScopes & RecentLogin) | IsPosting,
    ],
)
def test_or_works_in_both_orders(user: Any, permission: Any) -> None:
    view = {"permission_classes": (permission,), "required_scopes": ["admin"]}
    lacks, has = (operations.issue(user, scopes=[one]) for one in ("read", "admin"))
    assert missing(ask_view(has, **view)) is None
    assert missing(ask_view(lacks, "post", **view)) is None
    assert is_plain_403(ask_view(lacks, **view))


@pytest.mark.parametrize("permission", [~HasScopes, ~(IsAuthenticated & HasScopes)])
def test_a_negated_permission_inverts_the_answer(user: Any, permission: Any) -> None:
    view = {"permission_classes": (permission,), "required_scopes": ["admin"]}
    lacks, has = (operations.issue(user, scopes=[one]) for one in ("read", "admin"))
    assert missing(ask_view(lacks, **view)) is None
    assert ask_view(has, **view).data["detail"].code == "permission_denied"


@pytest.mark.parametrize(
    ("permissions", "method", "code"),
    [
        ([HasScopes & RecentLogin], "get", "insufficient_scope"),
        ([RecentLogin & HasScopes], "get", "insufficient_user_authentication"),
        ([HasScopes | RecentLogin], "get", "permission_denied"),
        ([RecentLogin | HasScopes], "get", "permission_denied"),
        ([RecentLogin, HasScopes], "get", "insufficient_user_authentication"),
        # A POST meets the first condition, so only the second is missing.
        ([RecentLogin | IsPosting, HasScopes], "post", "insufficient_scope"),
        ([RecentLogin | IsPosting, HasScopes | IsAdminUser], "post", "permission_denied"),
        ([HasScopes | IsPosting, RecentLogin], "post", "insufficient_user_authentication"),
        # The second condition is missing, and no scope and no login would meet it.
        ([RecentLogin | IsPosting, IsAdminUser, HasScopes], "post", "permission_denied"),
    ],
)
def test_the_code_names_the_first_missing_condition(
    user: Any, permissions: Any, method: str, code: str
) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        token = operations.issue(user, scopes=["read"])
    view = {"permission_classes": permissions, "required_scopes": ["admin"]}
    assert ask_view(token, method, **view).data["detail"].code == code


class ScopesOrStaff(HasScopes):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_staff or super().has_permission(request, view)


@pytest.mark.parametrize(
    "permission", [ScopesOrStaff, RecentLogin | ScopesOrStaff, ScopesOrStaff | RecentLogin]
)
def test_a_subclass_may_allow_more(user: Any, permission: Any) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        token = operations.issue(user, scopes=["read"])
    view = {"permission_classes": (permission,), "required_scopes": ["admin"]}
    assert ask_view(token, **view).status_code == 403
    type(user).objects.filter(pk=user.pk).update(is_staff=True)
    assert ask_view(token, **view).status_code == 200


# Creating tokens with scopes


@pytest.mark.parametrize("scopes", [["nope"], ["read", "nope"], "read nope", [], "", [""], [" "]])
def test_wrong_scopes_create_no_token(user: Any, scopes: Any) -> None:
    for make in (
        lambda: operations.issue(user, scopes=scopes),
        lambda: Token.objects.create(
            user=user, scopes=scopes if isinstance(scopes, str) else " ".join(scopes)
        ),
    ):
        with pytest.raises(UnknownScopes, match="read"):
            make()
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "stored"),
    [
        ("write read", "read write"),
        (["write", "read", "write"], "read write"),
        ({"mail:send"}, "mail:send"),
        ((one for one in ["read"]), "read"),
        ("  read\twrite ", "read write"),
        (None, None),
    ],
)
def test_scopes_are_stored_as_text(user: Any, scopes: Any, stored: str | None) -> None:
    token = operations.issue(user, scopes=scopes)
    token.refresh_from_db()
    assert token.scopes == stored
    assert token.scope_list == (stored and stored.split())


def test_a_rotation_keeps_the_scopes(user: Any) -> None:
    token = operations.issue(user, scopes=["read"])
    new = client_of(token).post("/auth/token/rotate/").data
    assert new["scopes"] == ["read"]
    assert missing(client_of(new["token"]).post("/scopes/by-method/")) == {"write"}


def test_the_error_for_scopes_as_arguments_says_where_to_write_them() -> None:
    with pytest.raises(TypeError, match=r"required_scopes = \['read'\] in the view"):
        HasScopes("read")


class ShopAuthentication(ExpiringTokenAuthentication):
    www_authenticate_realm = "shop"


class ShopView(APIView):
    authentication_classes = (ShopAuthentication,)
    permission_classes = (HasScopes,)
    required_scopes = "admin"


@pytest.mark.parametrize(("status", "header"), [(401, ""), (401, "Token x"), (403, "Token {key}")])
def test_every_challenge_names_the_realm_of_the_authenticator(
    user: Any, status: int, header: str
) -> None:
    token = operations.issue(user, scopes="read")
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=header.format(key=token.key))
    response = ShopView.as_view()(request)
    assert response.status_code == status
    assert response["WWW-Authenticate"].startswith('Token realm="shop"')
