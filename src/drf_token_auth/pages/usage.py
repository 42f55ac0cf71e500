"""The example on the page that shows a new key."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from rest_framework.settings import api_settings

from ..authentication import ExpiringTokenAuthentication

__all__ = ["example_of"]


def example_of(request: Any) -> str:
    """Return a curl line. It requests the token's own data if the URLs of the API are included."""
    try:
        path = reverse("drf_token_auth:current")
    except NoReverseMatch:
        path = "/"
    url = request.build_absolute_uri(path)
    return f'curl -H "Authorization: {_keyword()} $API_TOKEN" {url}'


def _keyword() -> str:
    authenticators: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    ours = (one for one in authenticators if issubclass(one, ExpiringTokenAuthentication))
    return str(next(ours, ExpiringTokenAuthentication)().keywords[0])
