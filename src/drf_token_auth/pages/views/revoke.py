"""Pages that revoke one token, several, or all but the current one.

Each page first lists the tokens that it will revoke.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ... import operations
from ...base_models import Kind
from ...contrib.session_tokens import tied_id
from ..converters import parse_id
from .base import PageView

__all__ = ["DeviceRevokeView", "TokenRevokeView"]


class RevokeView(PageView):
    """Revoke the tokens that ``get_queryset()`` returns.

    By default, they are one token at ``<pk>/revoke/``, or several at ``revoke/?id=…&id=…``.
    """

    template_name = "drf_token_auth/pages/revoke.html"
    # The most names that are shown, and the most ids that are read from a URL.
    most_names = 100
    most_ids = 1000
    button: Any = _("Revoke")
    empty_message: Any = _("You have chosen nothing.")
    nothing_message: Any = _("Already revoked or expired.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tokens = self.get_queryset().order_by("-pk")
        rows = [self.row(token) for token in tokens[: self.most_names]]
        if not rows and "pk" in self.kwargs:
            raise Http404
        count = len(rows) if len(rows) < self.most_names else tokens.count()
        return self.render(rows=rows, count=count, more=count - len(rows))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The second request of a double click finds nothing left to revoke.
        count = self.revoke()
        if not count and "pk" in self.kwargs:
            raise Http404
        return self.done(self.done_message(count) if count else self.nothing_message)

    def revoke(self) -> int:
        """Revoke the tokens. Return the number of revoked tokens."""
        user = self.request.user
        tokens = self.get_queryset()
        return int(tokens.revoke(reason="others", actor=user, request=self.request))

    def get_queryset(self) -> Any:
        tokens = super().get_queryset()
        if "pk" in self.kwargs:
            return tokens.filter(pk=self.kwargs["pk"])
        return tokens.filter(pk__in=self.chosen_ids())

    def chosen_ids(self) -> list[Any]:
        ids = []
        for text in self.request.GET.getlist("id")[: self.most_ids]:
            with suppress(ValueError):
                ids.append(parse_id(text))
        return ids

    def done_message(self, count: int) -> str:
        raise NotImplementedError


class TokenRevokeView(RevokeView):
    kind = Kind.PERSONAL
    title = _("Revoke API tokens")

    def done_message(self, count: int) -> str:
        text = ngettext(
            "%(count)d API token is revoked.", "%(count)d API tokens are revoked.", count
        )
        return text % {"count": count}


class DeviceRevokeView(RevokeView):
    """Log out devices. ``revoke/?others=1`` logs out all devices but the current one."""

    kind = Kind.LOGIN
    title = _("Log out devices")
    button = _("Log out")
    nothing_message = _("Already logged out.")

    @property
    def others(self) -> bool:
        return "pk" not in self.kwargs and "others" in self.request.GET

    def get_queryset(self) -> Any:
        if not self.others:
            return super().get_queryset()
        return self.tokens_of(self.kind).exclude(pk=tied_id(self.request.session))

    def revoke(self) -> int:
        if not self.others:
            return super().revoke()
        current = tied_id(self.request.session)
        count = operations.revoke_all(
            self.request.user,
            reason="others",
            keep=self.tokens_of(self.kind).filter(pk=current).first(),
            request=self.request,
            actor=self.request.user,
        )
        self.end_browser_sessions()
        return count

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        ends_browsers = self.others and self.ends_browsers()
        if self.others:
            self.empty_message = _("No other device is logged in.")
        return super().get_context_data(ends_browsers=ends_browsers, **context)

    def ends_browsers(self) -> bool:
        """Hook: return whether the page says that web browsers are logged out too."""
        return apps.is_installed("allauth.usersessions")

    def end_browser_sessions(self) -> None:
        """Hook: called after the user logs out all other devices.

        It logs out the user's other web browsers if ``allauth.usersessions`` is installed.
        """
        if apps.is_installed("allauth.usersessions"):
            from ...contrib.usersessions import end_other_sessions

            end_other_sessions(self.request)

    def done_message(self, count: int) -> str:
        text = ngettext(
            "%(count)d device is logged out.", "%(count)d devices are logged out.", count
        )
        return text % {"count": count}
