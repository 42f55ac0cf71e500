"""The page that makes an API token and shows its key."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from ... import operations
from ...base_models import AbstractToken
from ...conf import get_settings
from ...rows import expiry
from ...rows.creation import NAME_LENGTH
from .. import durations
from ..forms import NewTokenForm
from .confirmed import ConfirmedView

__all__ = ["TokenNewView"]

DAY = 86_400


class TokenNewView(ConfirmedView):
    """Make an API token. Refuse a name in use, so that a double click makes only one token."""

    template_name = "drf_token_auth/pages/token_new.html"
    title = gettext_lazy("New API token")
    form_class = NewTokenForm

    def get_lifetimes(self) -> list[tuple[str, str]]:
        """Hook: return the choices of "Expires": seconds, "date" or "never", with labels."""
        return durations.lifetimes()

    def get_scope_choices(self) -> list[tuple[str, Any]]:
        """Hook: return the scopes that this user may choose, each with its description."""
        return list(get_settings().SCOPES.items())

    def make_key(self, user: Any, form: Any) -> AbstractToken:
        name = form.cleaned_data["name"]
        # Another request may have made a token of this name after the form was checked.
        if self.get_queryset().filter(name__iexact=name).exists():
            raise ValidationError({"name": form.name_is_taken()})
        return operations.issue(
            user,
            kind=self.kind,
            name=name,
            scopes=form.scope_list,
            ttl=form.ttl,
            request=self.request,
            actor=self.request.user,
        )

    def get_form(self, data: Any = None) -> Any:
        return self.form_class(
            data,
            initial=self.get_initial(),
            lifetimes=self.get_lifetimes(),
            scopes=self.get_scope_choices(),
            taken=self.get_queryset(),
            asks_password=self.asks_password,
        )

    def get_initial(self) -> dict[str, Any]:
        """Return initial values from the URL. A project can link to a form that is filled in."""
        query = self.request.GET
        lifetime = durations.default_lifetime()
        seconds = None if lifetime is None else int(lifetime.total_seconds())
        days = query.get("days", "")[:6]
        if days.isascii() and days.isdigit() and int(days):
            seconds = int(days) * DAY
        initial: dict[str, Any] = {
            "name": query.get("name", "")[:NAME_LENGTH],
            "lifetime": query.get("lifetime") or str(seconds or durations.NEVER),
            "expires_on": query.get("expires_on"),
        }
        scopes = query.getlist("scope")
        if scopes:
            initial.update(access="only", scopes=scopes)
        return initial

    def get_return_query(self) -> dict[str, Any]:
        data = self.request.POST
        names = ("name", "lifetime", "expires_on")
        typed: dict[str, Any] = {name: data[name] for name in names if data.get(name)}
        if data.getlist("scopes"):
            typed["scope"] = data.getlist("scopes")
        return typed

    def render_form(self, form: Any, *, status: int = 200) -> HttpResponse:
        evicted = self.tokens_in_the_way()
        conf = get_settings()
        return self.render(
            status=status,
            form=form,
            is_full=bool(evicted) and conf.WHEN_FULL == "reject",
            evicted=[self.row(token) for token in evicted],
            is_password_bound=self.kind in conf.PASSWORD_BOUND,
        )

    def tokens_in_the_way(self) -> list[AbstractToken]:
        """Return the tokens that must be revoked before a new one fits.

        They are in the order in which ``operations.issue`` revokes tokens to make room.
        """
        limit = get_settings().MAX_TOKENS_PER_USER
        if limit is None:
            return []
        tokens = list(self.get_queryset().order_by(expiry.last_use(), "created_at", "pk"))
        return tokens[: max(0, len(tokens) - limit + 1)]
