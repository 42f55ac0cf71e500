"""The answers of the package's views, for packages that generate a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS

from .. import views
from ..authentication import ExpiringTokenAuthentication
from ..conf import get_settings
from ..serializers import TokenDetailSerializer, TokenIssuedSerializer, TokenLoggedInSerializer

__all__ = [
    "TAKE_NOTHING",
    "RefusalSerializer",
    "answers_of",
    "common_refusals",
    "our_view",
    "takes_tokens",
]


class RefusalSerializer(serializers.Serializer[Any]):
    """The body that DRF sends for every error except a validation error."""

    class Meta:
        ref_name = "TokenRefusal"

    detail = serializers.CharField()


class RefusedBodySerializer(serializers.Serializer[Any]):
    """Each field's errors are under the name of the field, all other errors in `non_field_errors`.

    If the server cannot read the body of the request, the answer has only `detail`.
    """

    class Meta:
        ref_name = "TokenRefusedBody"

    non_field_errors = serializers.ListField(child=serializers.CharField(), required=False)
    detail = serializers.CharField(required=False)


_REFUSED = {401: RefusalSerializer}
_NO_TOKEN = {400: RefusalSerializer, **_REFUSED}
_BODY = {400: RefusedBodySerializer}
_NOT_FOUND = {404: RefusalSerializer}
_THROTTLED = {429: RefusalSerializer}
# The body of each answer, by view, method and status. None means no body, {} means an empty object,
# and a list means a page of items.
ANSWERS: Mapping[type[Any], Mapping[str, Mapping[int, Any]]] = {
    views.LoginView: {
        "post": {200: TokenLoggedInSerializer, **_BODY, 403: RefusalSerializer, **_THROTTLED},
    },
    views.LogoutView: {"post": {204: None, **_NO_TOKEN}},
    views.LogoutAllView: {"post": {204: None, **_BODY, **_REFUSED}},
    views.LogoutOthersView: {"post": {204: None, **_BODY, **_REFUSED}},
    views.CurrentTokenView: {"get": {200: TokenDetailSerializer, **_NO_TOKEN}},
    views.RotateView: {"post": {200: TokenIssuedSerializer, **_NO_TOKEN}},
    views.TokenListView: {
        "get": {200: [TokenDetailSerializer], **_REFUSED, **_NOT_FOUND},  # 404: no such page
        "post": {201: TokenIssuedSerializer, **_BODY, **_REFUSED, 403: RefusalSerializer},
    },
    views.TokenDetailView: {
        "get": {200: TokenDetailSerializer, **_REFUSED, **_NOT_FOUND},
        "patch": {200: TokenDetailSerializer, **_BODY, **_REFUSED, **_NOT_FOUND},
        "delete": {204: None, **_REFUSED, **_NOT_FOUND},
    },
    views.RevokeView: {"post": {200: {}, **_BODY, **_THROTTLED}},
}


# A POST to these views has no body.
TAKE_NOTHING = frozenset({views.LogoutView, views.RotateView})


def answers_of(view: Any, method: str) -> dict[int, Any]:
    """Return the bodies of the view's answers to the method, by status."""
    ours = our_view(type(view))
    own = {} if ours is None else dict(ANSWERS[ours].get(method.lower(), {}))
    # 406 and 415: an unknown format. 413: the body is too long.
    formats = [406, 413, 415] if own.get(400) is RefusedBodySerializer else [406]
    return {**common_refusals(view, method), **dict.fromkeys(formats, RefusalSerializer), **own}


def common_refusals(view: Any, method: str) -> dict[int, Any]:
    """Return the bodies of the refusals that depend on the project, by status.

    They depend on ``FAILED_KEY_RATE``, and on the throttles and authenticators of the view.
    """
    refusals: dict[int, Any] = {}
    counts_keys = takes_tokens(view) and get_settings().FAILED_KEY_RATE is not None
    if counts_keys or view.get_throttles():
        refusals[429] = RefusalSerializer
    by_session = any(isinstance(one, SessionAuthentication) for one in view.get_authenticators())
    if by_session and method.upper() not in SAFE_METHODS:
        refusals[403] = RefusalSerializer
    return refusals


def takes_tokens(view: Any) -> bool:
    return any(isinstance(one, ExpiringTokenAuthentication) for one in view.get_authenticators())


def our_view(view: type[Any]) -> type[Any] | None:
    """Look up the view and its base classes in ANSWERS. Return the first class found, or None."""
    return next((one for one in view.__mro__ if one in ANSWERS), None)
