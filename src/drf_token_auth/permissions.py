"""What a token may do, and how fresh a login must be: ``HasScopes`` and ``RecentLogin``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
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
from .login_age import login_age as session_login_age
from .scopes import split_scopes

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


# While a view's permissions are weighed, ours raise what they have to say, and weigh nothing.
_weighing: ContextVar[bool] = ContextVar("drf_token_auth_weighing", default=False)


class _Challenging(BasePermission):
    """Refuses by an exception that says what is lacking, unless the view has another way in."""

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        """Whether the request may pass, or the exception to refuse it with."""
        raise NotImplementedError

    def has_permission(self, request: Any, view: Any) -> bool:
        verdict = self.verdict(request, view)
        if isinstance(verdict, bool):
            return verdict
        permissions = [] if _weighing.get() else _permissions_with(type(self), view)
        if not permissions:
            raise verdict
        before = _weighing.set(True)
        try:
            for permission in permissions:
                outcome = _weigh(permission, request, view)
                if isinstance(outcome, APIException):
                    raise outcome
        finally:
            _weighing.reset(before)
        return False

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        # DRF's NOT turns this round and does not ask has_permission again.
        return self.has_permission(request, view)


def _permissions_with(kind: type[_Challenging], view: Any) -> list[Any]:
    """Those of the view's permissions that have one of this class in them."""
    permissions = view.get_permissions() if hasattr(view, "get_permissions") else []
    return [one for one in permissions if any(type(leaf) is kind for leaf in _leaves(one))]


def _leaves(permission: Any) -> Iterator[Any]:
    operands = _operands(permission)
    if not operands:
        yield permission
    for operand in operands:
        yield from _leaves(operand)


def _operands(permission: Any) -> list[Any]:
    if not isinstance(permission, (AND, OR, NOT)):
        return []
    # djangorestframework-stubs do not know these attributes.
    held = vars(permission)
    return [held[name] for name in ("op1", "op2") if name in held]


def _weigh(permission: Any, request: Any, view: Any) -> bool | APIException:
    """What DRF will make of it; of a refusal, the first thing there is to say."""
    outcomes = (_weigh(operand, request, view) for operand in _operands(permission))
    if isinstance(permission, NOT):
        return next(outcomes) is not True
    if isinstance(permission, AND):
        return next((outcome for outcome in outcomes if outcome is not True), True)
    if isinstance(permission, OR):
        refusal: bool | APIException = False
        for outcome in outcomes:
            if outcome is True:
                return True
            refusal = refusal or outcome
        return refusal
    try:
        return bool(permission.has_permission(request, view))
    except APIException as refused:
        return refused


class HasScopes(_Challenging):
    """The token has the scopes that ``required_scopes`` of the view names.

    A list, a text with spaces between, or a dict of HTTP methods to these; where the view says
    nothing of the method, ``read`` for GET, HEAD and OPTIONS and ``write`` for the others. A token
    without scopes may do all its user may, as may who came without a token; neither passes without
    being logged in.
    """

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        if not (request.user and request.user.is_authenticated):
            return False
        token = request.auth
        if not isinstance(token, AbstractToken):
            return True
        granted = token.scope_list
        if granted is None:
            return True
        missing = [scope for scope in self.required(request, view) if scope not in granted]
        return InsufficientScope(request, missing) if missing else True

    def required(self, request: Any, view: Any) -> list[str]:
        """The scopes this request needs."""
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

    ``permission_classes = [RecentLogin]`` or ``[RecentLogin(timedelta(minutes=5))]``. What counts
    is the login a login token was made by, or the session's; a personal token never qualifies, as
    it proves nobody's presence (NIST SP 800-63B 7.1.2), nor does anything that says no time.
    """

    def __init__(self, max_age: timedelta | None = None) -> None:
        if max_age is not None:
            _check_max_age(max_age)
        self.max_age = max_age

    def __call__(self) -> RecentLogin:
        """DRF calls what stands in ``permission_classes``."""
        return self

    def verdict(self, request: Any, view: Any) -> bool | APIException:
        if not (request.user and request.user.is_authenticated):
            return False
        max_age = get_settings().RECENT_LOGIN if self.max_age is None else self.max_age
        if max_age is None:
            personal = _is_personal(request.auth)
            return InsufficientAuthentication(request, timedelta(0)) if personal else True
        age = _login_age(request)
        if age is None or not timedelta(0) <= age < max_age:
            return InsufficientAuthentication(request, max_age)
        return True


def _check_max_age(max_age: Any) -> None:
    way_out = "such as RecentLogin(timedelta(minutes=5)), or RecentLogin() for RECENT_LOGIN."
    if not isinstance(max_age, timedelta):
        raise TypeError(f"RecentLogin takes a timedelta, not {max_age!r}: {way_out}")
    if max_age < timedelta(0):
        raise ValueError(f"RecentLogin takes a timedelta of 0 or more, not {max_age!r}: {way_out}")


def _is_personal(token: Any) -> bool:
    return isinstance(token, AbstractToken) and token.kind != Kind.LOGIN


def _login_age(request: Any) -> timedelta | None:
    token = request.auth
    if isinstance(token, AbstractToken):
        return None if _is_personal(token) else timezone.now() - token.created_at
    return session_login_age(request) if token is None else None
