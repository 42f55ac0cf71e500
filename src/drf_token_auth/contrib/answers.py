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


# By method and status. None is no body, {} an empty one; a list is a page of them. 400 is left to
# the tools where it is about a field.
_REFUSED = {401: RefusalSerializer}
_NO_TOKEN = {400: RefusalSerializer, **_REFUSED}
_THROTTLED = {429: RefusalSerializer}
ANSWERS: Mapping[type[Any], Mapping[str, Mapping[int, Any]]] = {
    views.LoginView: {
        "post": {200: LoggedInSerializer, 403: RefusalSerializer, **_THROTTLED},
    },
    views.LogoutView: {"post": {204: None, **_NO_TOKEN}},
    views.LogoutAllView: {"post": {204: None, **_REFUSED}},
    views.LogoutOthersView: {"post": {204: None, **_REFUSED}},
    views.CurrentTokenView: {"get": {200: TokenSerializer, **_NO_TOKEN}},
    views.RotateView: {"post": {200: IssuedTokenSerializer, **_NO_TOKEN}},
    views.TokenListView: {
        "get": {200: [TokenSerializer], **_REFUSED},
        "post": {201: IssuedTokenSerializer, **_REFUSED, 403: RefusalSerializer},
    },
    views.TokenDetailView: {
        "get": {200: TokenSerializer, **_REFUSED, 404: RefusalSerializer},
        "patch": {200: TokenSerializer, **_REFUSED, 404: RefusalSerializer},
        "delete": {204: None, **_REFUSED, 404: RefusalSerializer},
    },
    views.RevokeView: {"post": {200: {}, **_THROTTLED}},
}


# A POST to these has no body.
TAKE_NOTHING = frozenset({views.LogoutView, views.RotateView})


def our_view(view: type[Any]) -> type[Any] | None:
    """The nearest of our views that it is, or is derived from."""
    return next((one for one in view.__mro__ if one in ANSWERS), None)
