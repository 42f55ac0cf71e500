"""Permissions: ``HasScopes`` checks a token's scopes, ``RecentLogin`` asks for a recent login."""

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
from .logins.age import is_impersonated, is_recent
from .logins.age import login_age as session_login_age
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
    realm = getattr(authenticator, "www_authenticate_realm", "api")
    said = "".join(f', {name}="{value}"' for name, value in parameters.items())
    return f'{keyword} realm="{realm}", error="{error}"{said}'


class InsufficientScope(PermissionDenied):
    """A 403 response: the token lacks scopes. The challenge names them (RFC 6750 3.1).

    :param missing: a list of the names.
    """

    default_code = "insufficient_scope"

    def __init__(self, request: Any, missing: list[str]) -> None:
        names = " ".join(missing)
        super().__init__(_("The token lacks the scope: %(scopes)s.") % {"scopes": names})
        self.auth_header = _challenge(request, "insufficient_scope", scope=names)


class InsufficientAuthentication(APIException):
    """A 401 response: the user must log in again. The client then repeats the request.

    The challenge contains ``max_age`` in seconds (RFC 9470 section 3).

    :param max_age: a timedelta. A fraction of a second is cut off.
    """

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("Please log in again to do this.")
    default_code = "insufficient_user_authentication"

    def __init__(self, request: Any, max_age: timedelta) -> None:
        super().__init__()
        seconds = str(int(max_age.total_seconds()))
        self.auth_header = _challenge(request, self.default_code, max_age=seconds)


class _Challenging(BasePermission):
    """A permission that refuses with an exception, so that the response says what is missing.

    Inside ``|`` and ``~`` it only returns False, because the request may be allowed nevertheless.
    """

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        """Return True or False, or the exception that refuses the request."""
        raise NotImplementedError

    def has_permission(self, request: Any, view: Any) -> bool:
        """Return whether the request is allowed.

        :raises APIException: the one of :meth:`verdict`, except inside ``|`` and ``~``.
        """
        verdict = self.verdict(request, view)
        if isinstance(verdict, bool):
            return verdict
        if self._is_always_asked(view):
            raise verdict
        return False

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        # DRF's NOT inverts this result, and does not call has_permission() here. If this method
        # returned True, "~" would refuse every object.
        return self.has_permission(request, view)

    def _is_always_asked(self, view: Any) -> bool:
        if not hasattr(view, "get_permissions"):
            return True
        asked = list(always_asked(view.get_permissions()))
        # DRF creates new instances for each call, so compare the classes and the attributes.
        if any(type(one) is type(self) and vars(one) == vars(self) for one in asked):
            return True
        # A project's own permission may call this one. Raise there too, if the view uses no | or ~.
        return not any(isinstance(one, (OR, NOT)) for one in asked)


def always_asked(permissions: Iterable[Any]) -> Iterator[Any]:
    """Yield the permissions that DRF always asks. They include both sides of ``A & B``."""
    for one in permissions:
        if isinstance(one, AND):
            # djangorestframework-stubs do not know these attributes.
            sides = vars(one)
            yield from always_asked([sides["op1"], sides["op2"]])
        else:
            yield one


class HasScopes(_Challenging):
    """Allow a request if its token has the scopes in ``required_scopes`` of the view.

    ``required_scopes`` is a list, text with spaces, or a dict of HTTP methods to one of these.
    Without ``required_scopes``, and for a method that the dict leaves out, GET, HEAD and OPTIONS
    need ``read``, and other methods need ``write``. A token without scopes may do all that its user
    may do. The same is true for a logged-in user without a token. A request without a user is
    refused.

    It raises :class:`InsufficientScope` if a scope is missing. Inside ``|`` and ``~``, it returns
    False.

    :raises TypeError: it got an argument.
    """

    def __init__(self, *scopes: Any) -> None:
        if scopes:
            raise TypeError(
                "HasScopes takes no arguments. Write permission_classes = [HasScopes] and "
                f"required_scopes = {list(scopes)!r} in the view."
            )

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
        """Return the names of the scopes that this request needs, as a list."""
        required = getattr(view, "required_scopes", None)
        if isinstance(required, Mapping):
            by_method = {name.upper(): scopes for name, scopes in required.items()}
            # The handler for GET also answers HEAD.
            head = by_method.get("GET") if request.method == "HEAD" else None
            required = by_method.get(request.method, head)
        if required is None:
            return ["read" if request.method in SAFE_METHODS else "write"]
        return split_scopes(required)


class RecentLogin(OperationHolderMixin, _Challenging):
    """Allow a request if the user logged in less than ``max_age`` ago.

    Write ``permission_classes = [RecentLogin]`` or ``[RecentLogin(timedelta(minutes=5))]``. The
    login is the one that created the login token or the session. A personal token never passes,
    because it does not prove that the user is present (NIST SP 800-63B 7.1.2). Impersonation never
    passes either.

    It raises :class:`InsufficientAuthentication` if the user has to log in again. Inside ``|`` and
    ``~``, it returns False.

    :param max_age: a timedelta of 0 or more. The default is the setting ``RECENT_LOGIN``. If both
        are None, a login of any age passes.
    :raises TypeError, ValueError: ``max_age`` is not a timedelta, or it is negative.
    """

    def __init__(self, max_age: timedelta | None = None) -> None:
        hint = "Write RecentLogin(timedelta(minutes=5)), or RecentLogin() to use RECENT_LOGIN."
        if not isinstance(max_age, timedelta | None):
            raise TypeError(f"RecentLogin takes a timedelta, but got {max_age!r}. {hint}")
        if max_age is not None and max_age < timedelta(0):
            raise ValueError(f"RecentLogin takes a timedelta of 0 or more, not {max_age!r}. {hint}")
        self.max_age = max_age

    def __call__(self) -> RecentLogin:
        """Return the permission itself, because DRF calls each entry of ``permission_classes``."""
        return self

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        if not (request.user and request.user.is_authenticated):
            return False
        max_age = get_settings().RECENT_LOGIN if self.max_age is None else self.max_age
        if max_age is None:
            is_login = not (_is_personal(request.auth) or is_impersonated(request))
            return is_login or InsufficientAuthentication(request, timedelta(0))
        fresh = is_recent(_login_age(request), max_age)
        return fresh or InsufficientAuthentication(request, max_age)


def _is_personal(token: Any) -> bool:
    return isinstance(token, AbstractToken) and token.kind != Kind.LOGIN


def _login_age(request: Any) -> timedelta | None:
    token = request.auth
    if isinstance(token, AbstractToken):
        return None if _is_personal(token) else timezone.now() - token.created_at
    return session_login_age(request) if token is None else None
