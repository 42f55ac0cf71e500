"""The admin of tokens.

No page, log entry or URL has a key or a digest. The only exception is the page that shows a new
key once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin

from ..base_models import AbstractToken
from ..models import Token
from ..rows.locking import outside_atomic_requests
from .adding import AddMixin
from .finding import FindMixin
from .forms import TokenAddForm, TokenForm
from .inlines import TokenInlineMixin, guard_inlines
from .listing import ListMixin
from .revoking import RevokeMixin
from .users import UserTokensMixin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[AbstractToken]
else:
    _ModelAdmin = admin.ModelAdmin

__all__ = [
    "TokenAddForm",
    "TokenAdmin",
    "TokenAdminMixin",
    "TokenForm",
    "TokenInlineMixin",
    "UserTokensMixin",
]


class TokenAdminMixin(ListMixin, AddMixin, RevokeMixin, FindMixin):
    """The behaviour of :class:`TokenAdmin`, for an admin with another base class or model."""

    def get_urls(self) -> Any:
        """Leave the views out of ``ATOMIC_REQUESTS``. Each write opens its own transaction."""
        urls = super().get_urls()
        for url in urls:
            outside_atomic_requests(url.callback)
        return urls


class TokenAdmin(TokenAdminMixin, _ModelAdmin):
    """The admin of the package's own token model."""


guard_inlines()


def _is_left_to_the_project() -> bool:
    if Token._meta.swapped or admin.site.is_registered(Token):
        return True
    return not getattr(apps.get_app_config("drf_token_auth"), "registers_admin", True)


if not _is_left_to_the_project():
    admin.site.register(Token, TokenAdmin)
