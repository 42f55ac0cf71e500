"""What the views answer, for the packages that draw a schema of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from .. import views
from ..serializers import IssuedTokenSerializer, LoggedInSerializer, TokenSerializer

__all__ = ["ANSWERS", "TAKE_NOTHING", "RefusalSerializer", "our_view"]


class RefusalSerializer(serializers.Serializer[Any]):
    """DRF's error that is not about a field."""

    class Meta:
        ref_name = "TokenRefusal"

    detail = serializers.CharField()


class RefusedBodySerializer(serializers.Serializer[Any]):
    """What is wrong with each field, under its name; with the whole, under `non_field_errors`.

    Of a body that can't be read at all, `detail` alone.
    """

    class Meta:
        ref_name = "TokenRefusedBody"

    non_field_errors = serializers.ListField(child=serializers.CharField(), required=False)
    detail = serializers.CharField(required=False)


# By method and status. None is no body, {} an empty one; a list is a page of them.
_REFUSED = {401: RefusalSerializer}
_NO_TOKEN = {400: RefusalSerializer, **_REFUSED}
_BODY = {400: RefusedBodySerializer}
_NOT_FOUND = {404: RefusalSerializer}
_THROTTLED = {429: RefusalSerializer}
ANSWERS: Mapping[type[Any], Mapping[str, Mapping[int, Any]]] = {
    views.LoginView: {
        "post": {200: LoggedInSerializer, **_BODY, 403: RefusalSerializer, **_THROTTLED},
    },
    views.LogoutView: {"post": {204: None, **_NO_TOKEN}},
    views.LogoutAllView: {"post": {204: None, **_BODY, **_REFUSED}},
    views.LogoutOthersView: {"post": {204: None, **_BODY, **_REFUSED}},
    views.CurrentTokenView: {"get": {200: TokenSerializer, **_NO_TOKEN}},
    views.RotateView: {"post": {200: IssuedTokenSerializer, **_NO_TOKEN}},
    views.TokenListView: {
        "get": {200: [TokenSerializer], **_REFUSED, **_NOT_FOUND},  # there is no such page
        "post": {201: IssuedTokenSerializer, **_BODY, **_REFUSED, 403: RefusalSerializer},
    },
    views.TokenDetailView: {
        "get": {200: TokenSerializer, **_REFUSED, **_NOT_FOUND},
        "patch": {200: TokenSerializer, **_BODY, **_REFUSED, **_NOT_FOUND},
        "delete": {204: None, **_REFUSED, **_NOT_FOUND},
    },
    views.RevokeView: {"post": {200: {}, **_BODY, **_THROTTLED}},
}


# A POST to these has no body.
TAKE_NOTHING = frozenset({views.LogoutView, views.RotateView})


def our_view(view: type[Any]) -> type[Any] | None:
    """The nearest of our views that it is, or is derived from."""
    return next((one for one in view.__mro__ if one in ANSWERS), None)
