"""django-ninja: ``NinjaAPI(auth=TokenAuth())``, for sync and async operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

from django.utils.translation import gettext
from ninja.errors import HttpError
from ninja.security.base import AuthBase
from rest_framework.exceptions import AuthenticationFailed, Throttled

from ..authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from ..base_models import AbstractToken

__all__ = ["BearerAuth", "TokenAuth"]


# All instances that ask for scopes. A check compares them with SCOPES later.
with_scopes: WeakSet[_Auth] = WeakSet()


class _Auth(AuthBase):
    """Set ``request.user`` and ``request.auth`` (the token), or answer 401.

    :param scopes: the scopes that the token needs. If it lacks one of them, the answer is 403.
    :raises TypeError: ``scopes`` is neither a text nor a list of texts.
    """

    authentication_class: type[ExpiringTokenAuthentication]

    def __init__(self, *, scopes: str | Iterable[str] = ()) -> None:
        super().__init__()
        self.scopes = tuple(scopes.split() if isinstance(scopes, str) else scopes)
        if not all(isinstance(scope, str) for scope in self.scopes):
            raise TypeError(f"scopes must be a text or a list of texts, but it is {scopes!r}.")
        if self.scopes:
            with_scopes.add(self)

    def __call__(self, request: Any) -> Any:
        # ninja's test client writes META["HTTP_Authorization"], which only request.headers finds.
        if "Authorization" in request.headers:
            request.META["HTTP_AUTHORIZATION"] = request.headers["Authorization"]
        try:
            found = self.authentication_class().authenticate(request)
        except AuthenticationFailed:
            return None
        except Throttled as refusal:
            raise HttpError(429, str(refusal.detail)) from refusal
        if found is None:
            return None
        user, token = found
        granted = token.scope_list if isinstance(token, AbstractToken) else None
        missing = [scope for scope in self.scopes if granted is not None and scope not in granted]
        if missing:
            text = gettext("The token lacks the scope: %(scopes)s.")
            raise HttpError(403, text % {"scopes": " ".join(missing)})

        async def auser() -> Any:
            return user

        request.user, request.auser = user, auser
        return token


class TokenAuth(_Auth):
    """Authenticate ``Authorization: Token <key>``."""

    authentication_class = ExpiringTokenAuthentication
    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "Authorization"
    openapi_description = '"Token" and the key'


class BearerAuth(_Auth):
    """Authenticate ``Authorization: Bearer <key>``."""

    authentication_class = BearerTokenAuthentication
    openapi_type = "http"
    openapi_scheme = "bearer"
