"""The old row of a token that ends here ends with it, as long as its app is installed.

Otherwise another import would bring it back, and an authenticator of the old app that still stands
behind ours would accept the key as if nobody had logged out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps

from ..conf import get_settings
from ..exceptions import Refused
from .known import SOURCES
from .sources import Source, Unreadable

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["end_original"]


def end_original(token: AbstractToken) -> None:
    """Delete the row that this token, or its key before the last rotation, was imported from."""
    for kind in SOURCES.values():
        if apps.is_installed(kind.app):
            _end_in(kind(), token)


def _end_in(source: Source, token: AbstractToken) -> None:
    using = token._state.db
    ended = {bytes(digest) for digest in (token.digest, token.previous_digest) if digest}
    conf = get_settings()
    try:
        rows = source.model()._base_manager.using(using).select_related("user", *source.joined)
    except Unreadable:
        return
    for row in rows.filter(user=token.user_id):
        try:
            is_original = not ended.isdisjoint(source.read(row, conf).digests)
        except Refused:
            continue
        if is_original:
            row.delete(using=using)
