"""The authenticators in DEFAULT_AUTHENTICATION_CLASSES and in views."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.checks.registry import registry
from django.core.exceptions import FieldError
from django.shortcuts import get_object_or_404
from django.test import override_settings
from django.urls import include, path
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication

Token = get_token_model()
# A model of the project. The code that names it is read and never run.
Client: Any = None

# Django's own check of a JSONField on SQLite asks the database once.
pytestmark = pytest.mark.django_db
HERE = f"{__name__}."
OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
BEARER = "drf_token_auth.authentication.BearerTokenAuthentication"
DRFS = "rest_framework.authentication.TokenAuthentication"
OLD = f"{HERE}OldTokens"
SESSION = "rest_framework.authentication.SessionAuthentication"


class OldTokens(TokenAuthentication):
    """A subclass of DRF's authenticator for a table of the project."""

    model = type("OldToken", (), {})


class DrfsBearer(OldTokens):
    keyword = "bearer"


class OnOurModel(TokenAuthentication):
    model = get_token_model()


class OnOurModelByHook(TokenAuthentication):
    def get_model(self) -> Any:
        return get_token_model()


class ByDigest(OnOurModelByHook):
    def authenticate_credentials(self, key: str) -> Any:
        token = get_token_model().objects.from_key(key)
        if token is None:
            raise AuthenticationFailed
        return token.user, token


class ByTenant(TokenAuthentication):
    def get_model(self) -> Any:
        raise RuntimeError("no tenant before a request")


class Ours(ExpiringTokenAuthentication):
    pass


def found(*names: str, **ours: Any) -> list[Any]:
    rest_framework = {"DEFAULT_AUTHENTICATION_CLASSES": list(names)}
    with override_settings(REST_FRAMEWORK=rest_framework, DRF_TOKEN_AUTH=ours):
        messages = run_checks()
    return [message for message in messages if message.id.startswith("drf_token_auth.")]


@pytest.mark.parametrize("name", ["OnOurModel", "OnOurModelByHook"])
def test_drfs_authenticator_on_our_rows_is_found(user, name):
    [message] = found(HERE + name)
    assert message.id == "drf_token_auth.E014"
    assert f"{HERE}{name} looks tokens up by their key" in message.msg
    assert f"use {OURS}" in message.hint
    # As the message says, every request would fail.
    request = APIRequestFactory(headers={"Authorization": f"Token {operations.issue(user).key}"})
    with pytest.raises(FieldError, match="A key can't be looked up"):
        globals()[name]().authenticate(request.get("/"))


@pytest.mark.parametrize("names", [["ByDigest"], ["ByTenant"], ["ByDigest", "Ours"]])
def test_an_authenticator_with_its_own_lookup_is_not_named(names):
    assert found(*(HERE + name for name in names)) == []


@pytest.mark.parametrize(
    ("names", "unknown", "refused"),
    [
        ([OLD, OURS], "reject", "ExpiringTokenAuthentication"),
        ([OLD, OURS], "pass", "ExpiringTokenAuthentication"),
        ([SESSION, OLD, HERE + "Ours"], "pass", "Ours"),
        ([OURS, OLD], "reject", "OldTokens"),
        ([BEARER, HERE + "DrfsBearer", OURS], "reject", "DrfsBearer"),
    ],
)
def test_authenticators_that_refuse_each_others_keys_are_found(names, unknown, refused):
    messages = [one for one in found(*names, UNKNOWN_KEYS=unknown) if one.id[-4:] != "W001"]
    assert [message.id for message in messages] == ["drf_token_auth.W007"]
    [message] = messages
    assert "refuse each other's keys" in message.msg
    assert refused in message.msg
    assert '{"UNKNOWN_KEYS": "pass"}' in message.hint


@pytest.mark.parametrize(
    ("names", "unknown"),
    [
        ([OURS, OLD], "pass"),
        ([OURS, BEARER, OLD, SESSION], "pass"),
        ([OLD], "reject"),
        ([OLD, BEARER], "reject"),
        ([BEARER, OLD], "reject"),
    ],
)
def test_authenticators_that_accept_each_others_keys_get_no_message(names, unknown):
    with override_settings(ROOT_URLCONF=()):
        assert found(*names, UNKNOWN_KEYS=unknown) == []


def test_the_settings_in_the_hint_get_no_message():
    [message] = found(OLD, OURS)
    assert f'["{OURS}", "{OLD}", …]' in message.hint
    assert found(OURS, OLD, UNKNOWN_KEYS="pass") == []


def test_unreadable_settings_are_reported_once():
    assert [message.id for message in found(OURS, OLD, UNKNOWN_KEYS="what")] == [
        "drf_token_auth.E003"
    ]


class ByKey(TokenAuthentication):
    """An authenticator from a tutorial: it checks the expiry itself."""

    def get_model(self) -> Any:
        from drf_token_auth.models import Token

        return Token

    def authenticate_credentials(self, key: str) -> Any:
        model = self.get_model()
        try:
            token = model.objects.select_related("user").get(key=key)
        except model.DoesNotExist as error:
            raise AuthenticationFailed("Invalid token") from error
        if token.created < timezone.now() - timedelta(days=1):
            token.delete()
            raise AuthenticationFailed("Token has expired")
        return token.user, token


class ByKeyOnOurs(ExpiringTokenAuthentication):
    def authenticate_credentials(self, key: str) -> Any:
        token = self.get_model().objects.filter(key=key).first()
        return token.user, token


class ByKeyInAHelper(BaseAuthentication):
    def authenticate(self, request: Any) -> Any:
        return self.user_of(request.META.get("HTTP_X_KEY"))

    @staticmethod
    def user_of(key: str) -> Any:
        token = get_object_or_404(Token, key__exact=key) if not key else Token.objects.get(key=key)
        return token.user, token


class ByKeyOfClients(ExpiringTokenAuthentication):
    """An authenticator that finds rows of another model by a key."""

    def authenticate(self, request: Any) -> Any:
        Client.objects.get(key=request.META["HTTP_X_CLIENT"])
        return super().authenticate(request)


class WithKeyword(ExpiringTokenAuthentication):
    def authenticate_credentials(self, key: str) -> Any:
        cache.get("maintenance")
        return super().authenticate_credentials(key=key)


@pytest.mark.parametrize("name", ["ByKey", "ByKeyOnOurs", "ByKeyInAHelper"])
def test_an_authenticator_that_looks_keys_up_itself_is_named(name):
    messages = [one for one in found(HERE + name) if one.id != "drf_token_auth.W008"]
    assert [one.id for one in messages] == ["drf_token_auth.E014"]
    assert messages[0].msg.startswith(f"{HERE}{name} looks tokens up by their key")
    assert "Delete the class" in messages[0].hint
    assert '{"TTL": timedelta(days=14)}' in messages[0].hint


@pytest.mark.parametrize("name", ["ByKeyOfClients", "WithKeyword", "ByDigest"])
def test_an_authenticator_that_uses_keys_in_another_way_is_not_named(name):
    assert found(HERE + name) == []


def test_the_authenticators_of_views_are_read_too():
    view = type("View", (APIView,), {"authentication_classes": [ByKey]})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert [one.id for one in found(OURS)] == ["drf_token_auth.E014"]


class DrfsSubclass(TokenAuthentication):
    keyword = "Bearer"


@pytest.mark.parametrize("names", [[DRFS], [OURS, DRFS], [f"{HERE}DrfsSubclass"]])
def test_drfs_authenticator_without_its_app_is_found(names):
    messages = [one for one in found(*names) if one.id != "drf_token_auth.W008"]
    assert [one.id for one in messages] == ["drf_token_auth.E017"]
    assert messages[0].msg == (
        f"{names[-1]} needs rest_framework.authtoken, which is not in INSTALLED_APPS."
    )
    assert messages[0].hint == f"Use {OURS}."


class Me(APIView):
    pass


class MeWithOurs(APIView):
    authentication_classes = [ExpiringTokenAuthentication]


def login_beside(*views: type[APIView], prefix: str = "auth/") -> Any:
    served = [path(f"{number}/", view.as_view()) for number, view in enumerate(views)]
    return override_settings(
        ROOT_URLCONF=(path(prefix, include("drf_token_auth.urls")), *served),
    )


@pytest.mark.parametrize("names", [[], [SESSION], [SESSION, f"{HERE}OldTokens"]])
def test_a_login_whose_tokens_no_view_accepts_is_found(names):
    with login_beside(Me):
        [message] = found(*names)
    assert message.id == "drf_token_auth.W008"
    assert "drf_token_auth.views.login.LoginView is served, but no class in REST_FR" in message.msg
    assert message.hint == f'Write REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["{OURS}"].'


def test_the_default_of_drf_is_known():
    with login_beside(Me), override_settings():
        del settings.REST_FRAMEWORK
        found = [one for one in run_checks() if one.id.startswith("drf_token_auth.")]
    assert [one.id for one in found] == ["drf_token_auth.W008"]
    whole = f'Write REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}"]}}.'
    assert found[0].hint == whole


@pytest.mark.parametrize("names", [[OURS], [f"{HERE}Ours"], [f"{HERE}ByDigest"], [f"{HERE}make"]])
def test_a_login_whose_tokens_the_defaults_accept_gets_no_message(names):
    with login_beside(Me):
        assert found(*names) == []


def make() -> Any:
    return ExpiringTokenAuthentication()


def test_views_that_name_our_authenticator_need_no_default():
    with login_beside(Me, MeWithOurs):
        assert found(SESSION) == []


def test_urls_that_cannot_be_loaded_are_left_to_django():
    ours = [one for one in registry.get_checks() if one.__module__.startswith("drf_token_auth.")]
    assert "check_views" in {one.__name__ for one in ours}
    with override_settings(ROOT_URLCONF="tests.checks.no_such_urls"):
        assert [message for one in ours for message in one()] == []


@pytest.mark.parametrize("name", ["authentication_classes", "permission_classes"])
def test_a_missing_comma_in_a_view_is_found(name):
    value = ExpiringTokenAuthentication if name[0] == "a" else IsAuthenticated
    view = type("View", (APIView,), {name: value, "__module__": "shop.views"})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        [message] = found(OURS)
    assert message.id == "drf_token_auth.E016"
    assert message.msg.startswith(f"shop.views.View.{name} must be a list, but it is ")
    assert message.hint == f"Add a comma: {name} = ({value.__name__},)."


@pytest.mark.parametrize("name", ["authentication_classes", "permission_classes"])
def test_none_in_place_of_an_empty_list_is_found(name):
    view = type("View", (APIView,), {name: None, "__module__": "shop.views"})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        [message] = found(OURS)
    assert message.msg == f"shop.views.View.{name} must be a list, but it is None."
    assert message.hint == f"Write {name} = []."


def test_a_missing_comma_in_a_base_class_and_in_as_view_is_found():
    base = type("Base", (APIView,), {"permission_classes": IsAuthenticated, "__module__": "shop"})
    views = [type(name, (base,), {}).as_view() for name in ("Cart", "Order")]
    given = ViewSet.as_view({"get": "list"}, permission_classes=IsAuthenticated)
    with override_settings(
        ROOT_URLCONF=tuple(path(str(n), one) for n, one in enumerate([*views, given]))
    ):
        of_base, of_arguments = found(OURS)
    assert of_base.msg.startswith("shop.Base.permission_classes must be a list")
    assert of_arguments.msg.startswith("rest_framework.viewsets.ViewSet.permission_classes must b")


@pytest.mark.parametrize("name", ["authentication_classes", "permission_classes"])
@pytest.mark.parametrize("entry", [OURS, ExpiringTokenAuthentication()])
def test_an_entry_of_a_view_that_is_not_a_class_is_found(name, entry):
    view = type("View", (APIView,), {name: [entry], "__module__": "shop.views"})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        [message] = found(OURS)
    assert message.id == "drf_token_auth.E016"
    assert message.msg.startswith(f"shop.views.View.{name} has the entry ")
    assert message.hint == f"Import the class and write {name} = [ExpiringTokenAuthentication]."
