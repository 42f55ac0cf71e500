"""Delete the old row of an imported token when the token is revoked or gets a new key.

This happens only while the old app is installed. If the old row stayed, another import would add
the token with its old key again. The old app's authenticator, if it is still in use, would also
accept the key after the logout. The old row is deleted in the transaction that revokes or rotates
the token, under the lock of the user's row. An import takes the same lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps

from ..exceptions import Refused
from ..rows.locking import lock_user
from ..signals import leaving
from .packages import SOURCES
from .sources import Source, Unreadable, has_table

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["delete_originals", "old_apps"]


def old_apps() -> list[Source]:
    """Return the old packages that are installed."""
    return [kind() for kind in SOURCES.values() if apps.is_installed(kind.app)]


def delete_originals(
    *, sender: type[AbstractToken], tokens: Sequence[AbstractToken], using: str, **kwargs: Any
) -> None:
    """Delete the old rows of these tokens, in the transaction that sends the signal ``leaving``."""
    sources = old_apps()
    if not (sources and tokens):
        return
    digests_of_user: dict[Any, set[bytes]] = defaultdict(set)
    for token in tokens:
        digests = (token.digest, token.previous_digest)
        digests_of_user[token.user_id].update(bytes(digest) for digest in digests if digest)
    for user_pk in digests_of_user:
        lock_user(sender, user_pk, using=using)
    for source in sources:
        if _is_here(source, using):
            for user_pk, digests_of_tokens in digests_of_user.items():
                _delete_in(source, user_pk, digests_of_tokens, using)


def _is_here(source: Source, using: str) -> bool:
    """Return whether this database has the old table. Another database may have it instead."""
    try:
        model = source.model()
    except Unreadable:
        return False
    return has_table(model, using)


def _delete_in(source: Source, user_pk: Any, digests: set[bytes], using: str) -> None:
    rows = source.model()._base_manager.using(using).select_related("user", *source.joined)
    for row in rows.filter(user=user_pk):
        try:
            is_original = not digests.isdisjoint(source.read(row).digests())
        except Refused:
            continue
        if is_original:
            row.delete(using=using)


leaving.connect(delete_originals, dispatch_uid="drf_token_auth.importers")
