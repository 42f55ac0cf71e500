"""What a token may do, and how fresh a login must be: ``HasScopes`` and ``RecentLogin``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.permissions import (
    SAFE_METHODS,
    BasePermission,
    BasePermissionMetaclass,
    OperandHolder,
    OperationHolderMixin,
)

from .base_models import AbstractToken, Kind
from .conf import get_settings
from .sessions import login_age as session_login_age

__all__ = ["HasScopes", "InsufficientAuthentication", "InsufficientScope", "RecentLogin"]


def _challenge(request: Any, error: str, **parameters: str) -> str:
    keyword = getattr(request.successful_authenticator, "keyword", "Token")
    said = "".join(f', {name}="{value}"' for name, value in parameters.items())
    return f'{keyword} realm="api", error="{error}"{said}'


class InsufficientScope(PermissionDenied):
    """403: the token lacks scopes, which the challenge names (RFC 6750 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, request: Any, missing: list[str]) -> None:
        names = " ".join(missing)
        super().__init__(_("The token lacks the scope: %(scopes)s.") % {"scopes": names})
        self.auth_header = _challenge(request, "insufficient_scope", scope=names)


class InsufficientAuthentication(APIException):
    """401: log in again, then repeat the request (RFC 9470 section 3)."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("Please log in again to do this.")
    default_code = "insufficient_user_authentication"

    def __init__(self, request: Any, max_age: timedelta) -> None:
        super().__init__()
        seconds = str(int(max_age.total_seconds()))
        self.auth_header = _challenge(request, self.default_code, max_age=seconds)


class _Either:
    """``A | B`` where A refuses with a challenge: B is asked before the client is told."""

    def __init__(self, first: BasePermission, second: BasePermission) -> None:
        self.first = first
        self.second = second

    def has_permission(self, request: Any, view: Any) -> bool:
        try:
            if self.first.has_permission(request, view):
                return True
        except APIException:
            if self.second.has_permission(request, view):
                return True
            raise
        return self.second.has_permission(request, view)

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return any(
            _holds(one, request, view) and one.has_object_permission(request, view, obj)
            for one in (self.first, self.second)
        )


def _holds(permission: BasePermission, request: Any, view: Any) -> bool:
    try:
        return permission.has_permission(request, view)
    except APIException:
        return False


# DRF's own, which takes instances as well as classes: they need only be callable.
_combine: Any = OperandHolder


class _Challenging(BasePermissionMetaclass):
    def __or__(cls, other: Any) -> Any:
        return _combine(_Either, cls, other)


class HasScopes(BasePermission, metaclass=_Challenging):
    """The token has the scopes that ``required_scopes`` of the view names.

    A list, or a dict of HTTP methods to lists; where the view says nothing of the method, ``read``
    for GET, HEAD and OPTIONS and ``write`` for the others. A token without scopes may do all its
    user may, as may who came without a token; neither passes without being logged in.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        token = request.auth
        if not isinstance(token, AbstractToken):
            return True
        granted = token.scope_list
        if granted is None:
            return True
        missing = [scope for scope in self.required(request, view) if scope not in granted]
        if missing:
            raise InsufficientScope(request, missing)
        return True

    def required(self, request: Any, view: Any) -> list[str]:
        """The scopes this request needs."""
        required = getattr(view, "required_scopes", None)
        if isinstance(required, Mapping):
            required = required.get(request.method)
        if required is None:
            return ["read" if request.method in SAFE_METHODS else "write"]
        return [required] if isinstance(required, str) else list(required)


class RecentLogin(OperationHolderMixin, BasePermission, metaclass=_Challenging):
    """The user logged in less than ``max_age`` ago (by default ``RECENT_LOGIN``).

    ``permission_classes = [RecentLogin]`` or ``[RecentLogin(timedelta(minutes=5))]``. What counts
    is the login a login token was made by, or the session's; a personal token never qualifies, as
    it proves nobody's presence (NIST SP 800-63B 7.1.2), nor does anything that says no time.
    """

    def __init__(self, max_age: timedelta | None = None) -> None:
        self.max_age = max_age

    def __or__(self, other: Any) -> Any:
        return _combine(_Either, self, other)

    def __call__(self) -> RecentLogin:
        """DRF calls what stands in ``permission_classes``."""
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        max_age = self.max_age or get_settings().RECENT_LOGIN
        if max_age is None:
            return not _is_personal(request.auth) or self._refuse(request, timedelta(0))
        age = _login_age(request)
        if age is None or not timedelta(0) <= age < max_age:
            return self._refuse(request, max_age)
        return True

    def _refuse(self, request: Any, max_age: timedelta) -> bool:
        raise InsufficientAuthentication(request, max_age)


def _is_personal(token: Any) -> bool:
    return isinstance(token, AbstractToken) and token.kind != Kind.LOGIN


def _login_age(request: Any) -> timedelta | None:
    token = request.auth
    if isinstance(token, AbstractToken):
        return None if _is_personal(token) else timezone.now() - token.created_at
    return session_login_age(request) if token is None else None
