"""Permissions: the scopes of a token (``HasScopes``), and a fresh login (``RecentLogin``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.permissions import (
    AND,
    NOT,
    OR,
    SAFE_METHODS,
    BasePermission,
    OperationHolderMixin,
)

from .base_models import AbstractToken, Kind
from .conf import get_settings
from .login_age import is_impersonated, is_recent
from .login_age import login_age as session_login_age
from .scopes import split_scopes

__all__ = [
    "HasScopes",
    "InsufficientAuthentication",
    "InsufficientScope",
    "RecentLogin",
]


def _challenge(request: Any, error: str, **parameters: str) -> str:
    authenticator = getattr(request, "successful_authenticator", None)
    named = getattr(authenticator, "keyword_of", None)
    keyword = named(request) if named else getattr(authenticator, "keyword", "Token")
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


class _Challenging(BasePermission):
    """Refuse with an exception that says what is lacking, where the permission is always asked.

    Under ``|`` and ``~`` there may be another way in, so the answer is a plain True or False.
    """

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        """Return whether the request may pass, or the exception to refuse it with."""
        raise NotImplementedError

    def has_permission(self, request: Any, view: Any) -> bool:
        verdict = self.verdict(request, view)
        if isinstance(verdict, bool):
            return verdict
        if self._is_always_asked(view):
            raise verdict
        return False

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        # DRF's NOT turns this round and does not ask has_permission again.
        return self.has_permission(request, view)

    def _is_always_asked(self, view: Any) -> bool:
        if not hasattr(view, "get_permissions"):
            return True
        asked = list(always_asked(view.get_permissions()))
        # Each request makes new instances of the classes in permission_classes.
        if any(type(one) is type(self) and vars(one) == vars(self) for one in asked):
            return True
        # A project's own permission asks this one, and the view combines nothing.
        return not any(isinstance(one, (OR, NOT)) for one in asked)


def always_asked(permissions: Iterable[Any]) -> Iterator[Any]:
    """Yield the permissions that no other one can replace: both sides of ``A & B``."""
    for one in permissions:
        if isinstance(one, AND):
            # djangorestframework-stubs do not know these attributes.
            sides = vars(one)
            yield from always_asked([sides["op1"], sides["op2"]])
        else:
            yield one


class HasScopes(_Challenging):
    """The token has the scopes in ``required_scopes`` of the view.

    ``required_scopes`` is a list, a text with spaces, or a dict of HTTP methods to these. Without
    it GET, HEAD and OPTIONS need ``read``, and the other methods need ``write``. A token without
    scopes may do all that its user may do, and so may a request without a token. A request without
    a user is refused.
    """

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        if not (request.user and request.user.is_authenticated):
            return False
        token = request.auth
        granted = token.scope_list if isinstance(token, AbstractToken) else None
        if granted is None:
            return True
        missing = [scope for scope in self.required(request, view) if scope not in granted]
        return InsufficientScope(request, missing) if missing else True

    def required(self, request: Any, view: Any) -> list[str]:
        """Return the scopes that this request needs."""
        required = getattr(view, "required_scopes", None)
        if isinstance(required, Mapping):
            by_method = {name.upper(): scopes for name, scopes in required.items()}
            # HEAD is answered by the handler for GET.
            head = by_method.get("GET") if request.method == "HEAD" else None
            required = by_method.get(request.method, head)
        if required is None:
            return ["read" if request.method in SAFE_METHODS else "write"]
        return split_scopes(required)


class RecentLogin(OperationHolderMixin, _Challenging):
    """The user logged in less than ``max_age`` ago (by default ``RECENT_LOGIN``).

    Write ``permission_classes = [RecentLogin]`` or ``[RecentLogin(timedelta(minutes=5))]``. It is
    the login that made the login token, or the session's. A personal token never qualifies, because
    it does not show that its user is there (NIST SP 800-63B 7.1.2). Neither does impersonation.
    """

    def __init__(self, max_age: timedelta | None = None) -> None:
        if max_age is not None:
            _check_max_age(max_age)
        self.max_age = max_age

    def __call__(self) -> RecentLogin:
        """DRF calls the entries of ``permission_classes``."""
        return self

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        if not (request.user and request.user.is_authenticated):
            return False
        max_age = get_settings().RECENT_LOGIN if self.max_age is None else self.max_age
        if max_age is None:
            is_login = not (_is_personal(request.auth) or _is_impersonated(request))
            return is_login or InsufficientAuthentication(request, timedelta(0))
        fresh = is_recent(_login_age(request), max_age)
        return fresh or InsufficientAuthentication(request, max_age)


def _check_max_age(max_age: Any) -> None:
    way_out = "Write RecentLogin(timedelta(minutes=5)), or RecentLogin() to use RECENT_LOGIN."
    if not isinstance(max_age, timedelta):
        raise TypeError(f"RecentLogin takes a timedelta, but got {max_age!r}. {way_out}")
    if max_age < timedelta(0):
        raise ValueError(f"RecentLogin takes a timedelta of 0 or more, not {max_age!r}. {way_out}")


def _is_personal(token: Any) -> bool:
    return isinstance(token, AbstractToken) and token.kind != Kind.LOGIN


def _is_impersonated(request: Any) -> bool:
    return request.auth is None and is_impersonated(request)


def _login_age(request: Any) -> timedelta | None:
    token = request.auth
    if isinstance(token, AbstractToken):
        return None if _is_personal(token) else timezone.now() - token.created_at
    return session_login_age(request) if token is None else None
