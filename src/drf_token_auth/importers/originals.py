"""The old row of a token that ends here ends with it, as long as its app is installed.

Otherwise another import would bring it back, and an authenticator of the old app that still stands
behind ours would accept the key as if nobody had logged out. So it is one transaction, under the
lock of the user, which an import holds while it copies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections, router

from ..conf import get_settings
from ..exceptions import Refused
from .known import SOURCES
from .sources import Source, Unreadable

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["end_originals", "old_apps"]


def old_apps() -> list[Source]:
    """Those that are installed."""
    return [kind() for kind in SOURCES.values() if apps.is_installed(kind.app)]


def end_originals(tokens: Iterable[AbstractToken], *, using: str) -> None:
    """Delete the rows that these, or their keys before the last rotation, were imported from.

    Within a transaction that holds their users.
    """
    sources = old_apps()
    if not sources:
        return
    digests_of_user: dict[Any, set[bytes]] = defaultdict(set)
    for token in tokens:
        digests = (token.digest, token.previous_digest)
        digests_of_user[token.user_id].update(bytes(digest) for digest in digests if digest)
    for source in sources:
        if _is_here(source, using):
            for user_pk, ended in digests_of_user.items():
                _end_in(source, user_pk, ended, using)


# Of a table that is there, it is known for good.
_seen: set[tuple[str, str]] = set()


def _is_here(source: Source, using: str) -> bool:
    """Whether the old table is in this database: its app may be installed, and never migrated."""
    try:
        model = source.model()
    except Unreadable:
        return False
    if not router.allow_migrate_model(using, model):
        return False
    table = model._meta.db_table
    if (using, table) not in _seen:
        if table not in connections[using].introspection.table_names():
            return False
        _seen.add((using, table))
    return True


def _end_in(source: Source, user_pk: Any, ended: set[bytes], using: str) -> None:
    conf = get_settings()
    rows = source.model()._base_manager.using(using).select_related("user", *source.joined)
    for row in rows.filter(user=user_pk):
        try:
            is_original = not ended.isdisjoint(source.read(row, conf).digests)
        except Refused:
            continue
        if is_original:
            row.delete(using=using)
