"""The walk over an old table: in short transactions, beside whatever else is going on.

A transaction holds the old rows it copies, and their users: a logout in the old app comes before
it, and then there is no row to copy, or after. Others may take the same rows in any order, so
nothing is waited for while something is held: what another transaction has is left for later.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from django.conf import settings
from django.db import IntegrityError, connections, models, reset_queries, router, transaction
from django.utils import timezone

from .. import get_token_model
from ..base_models import default_expires_at
from ..conf import get_settings
from ..exceptions import Refused
from ..managers import all_rows
from .sources import Incoming, Source

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["BATCH_SIZE", "Counts", "copy_tokens"]

BATCH_SIZE = 1000
# What others hold is tried again so often, with so many seconds before it.
ATTEMPTS = 20
PAUSE = 0.25

# How many were: imported, present, expired, inactive, unusable, held.
Counts: TypeAlias = Counter[str]
Lifetime: TypeAlias = "Callable[[datetime | None], datetime | None]"


def copy_tokens(
    source: Source,
    *,
    ttl: timedelta | None = None,
    keep_forever: bool = False,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    using: str | None = None,
    progress: Callable[[int], object] = lambda imported: None,
) -> Counts:
    """Bring over the usable tokens of active users that are not here yet.

    What has been brought over stays if this is killed, and the next run finds it here. No
    ``token_created`` is sent: nobody is given access who had none.

    :param ttl: their lifetime from now. Without: their own expiry or, where they have none,
        ``TTL`` from now.
    :param keep_forever: they never expire.
    :param dry_run: count only.
    :param batch_size: how many rows a transaction copies.
    :param progress: called with the number brought over after each transaction.
    :raises Unreadable: there is no such table.
    """
    using = using or router.db_for_write(get_token_model())
    copy = _Copy(source, using, dry_run, _lifetime(ttl, keep_forever))
    held: list[Any] = []
    for pks in _batches(copy.old.values_list("pk", flat=True).order_by("pk"), batch_size):
        held += copy.bring_over(pks)
        progress(copy.counts["imported"])
    for _ in range(ATTEMPTS):
        if not held:
            break
        time.sleep(PAUSE)
        batches = [held[n : n + batch_size] for n in range(0, len(held), batch_size)]
        held = [pk for pks in batches for pk in copy.bring_over(pks)]
        progress(copy.counts["imported"])
    copy.counts["held"] = len(held)
    return copy.counts


def _lifetime(ttl: timedelta | None, keep_forever: bool) -> Lifetime:
    """From the expiry that a token has of its own to the one it gets."""
    if keep_forever:
        return lambda own: None
    if ttl is not None:
        return lambda own: timezone.now() + ttl
    return lambda own: default_expires_at() if own is None else own


def _batches(pks: models.QuerySet[Any, Any], size: int) -> Iterator[list[Any]]:
    """The primary keys, up their index."""
    batch = list(pks[:size])
    while batch:
        yield batch
        batch = list(pks.filter(pk__gt=batch[-1])[:size])


class _Copy:
    def __init__(self, source: Source, using: str, dry_run: bool, lifetime: Lifetime) -> None:
        self.source = source
        self.using = using
        self.dry_run = dry_run
        self.lifetime = lifetime
        self.counts: Counts = Counter()
        self.model = get_token_model()
        self.old = source.rows(using)

    def bring_over(self, pks: Sequence[Any]) -> list[Any]:
        """Copy these rows. Those that another transaction holds."""
        if settings.DEBUG:
            reset_queries()  # or Django would remember all of them, and what is in them
        try:
            copied = self._transfer(pks)
        except IntegrityError:
            # Somebody made one of these tokens at the same moment: now it is seen.
            copied = self._transfer(pks)
        rest = [pk for pk in pks if pk not in copied]
        return [row.pk for row in self._rows(rest)] if rest else []

    def _rows(self, pks: Sequence[Any]) -> models.QuerySet[Any]:
        rows = self.old.filter(pk__in=pks).order_by("pk")
        return cast("models.QuerySet[Any]", rows.select_related("user", *self.source.joined))

    def _transfer(self, pks: Sequence[Any]) -> set[Any]:
        wanted = self._rows(pks)
        with transaction.atomic(using=self.using):
            rows = list(wanted if self.dry_run else self._hold(wanted))
            tokens, counts = self._tokens(rows)
            if not self.dry_run:
                # Django's own: ours would announce them.
                plain: models.QuerySet[Any] = models.QuerySet(self.model, using=self.using)
                plain.bulk_create(tokens)
        self.counts.update(counts)
        return {row.pk for row in rows}

    def _hold(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows that nobody else holds, held with their users until the transaction ends."""
        features = connections[self.using].features
        if not features.has_select_for_update:
            # SQLite has one write lock, and only a write takes it.
            all_rows(self.model, self.using).filter(pk=0).update(hint="")
            return rows
        # Where it can't be said which tables, it is all of them.
        of = ("self", "user") if features.has_select_for_update_of else ()
        held = rows.select_for_update(
            skip_locked=features.has_select_for_update_skip_locked,
            of=of,
            no_key=features.has_select_for_no_key_update,
        )
        return cast("models.QuerySet[Any]", held)

    def _tokens(self, rows: Iterable[Any]) -> tuple[list[AbstractToken], Counts]:
        """What is to be made of these rows, and what became of each."""
        counts: Counts = Counter()
        readable: list[tuple[Any, Incoming]] = []
        conf = get_settings()
        for row in rows:
            try:
                readable.append((row.user, self.source.read(row, conf)))
            except Refused:
                counts["unusable"] += 1
        here = self._here([digest for _, incoming in readable for digest in incoming.digests])
        now = timezone.now()
        tokens = []
        for user, incoming in readable:
            if not here.isdisjoint(incoming.digests):
                counts["present"] += 1
            elif incoming.expires_at is not None and now >= incoming.expires_at:
                counts["expired"] += 1
            elif not getattr(user, "is_active", True):
                counts["inactive"] += 1
            else:
                counts["imported"] += 1
                tokens.append(self._token(user, incoming))
        return tokens, counts

    def _here(self, digests: Sequence[bytes]) -> set[bytes]:
        """Those of these digests that are a token's, or were before its last rotation."""
        rows = all_rows(self.model, self.using).order_by()
        return {
            bytes(digest)
            for column in ("digest", "previous_digest")
            for digest in rows.filter(**{f"{column}__in": digests}).values_list(column, flat=True)
        }

    def _token(self, user: Any, incoming: Incoming) -> AbstractToken:
        token = self.model(
            user=user,
            digest=incoming.digests[0],
            hint=incoming.hint,
            name=incoming.name,
            created_at=incoming.created_at,
            expires_at=self.lifetime(incoming.expires_at),
        )
        token.complete()
        # The old app did not bind its tokens to passwords. The first use binds this one.
        token.user_stamp = None
        return token
