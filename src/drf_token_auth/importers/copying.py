"""Copy an old token table to this package, in short transactions, while the site is running.

Each transaction locks the old rows that it copies, and then their users. A logout in the old app
therefore happens before the copy or after it. If it happens before, there is no row left to copy.
An import never waits for a lock while it holds other locks. Rows that another transaction has
locked are tried again later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, models, router, transaction
from django.utils import timezone

from .. import get_token_model
from ..exceptions import Refused
from ..rows.creation import NAME_LENGTH
from ..rows.database_text import storable
from ..rows.kinds import Kind, require_kinds
from ..rows.locking import plain_rows, user_model
from .lifetimes import Lifetime
from .old_tokens import OldToken, rehashed
from .reports import ImportReport
from .walks import BATCH_SIZE, hold, walk

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["import_tokens"]


def import_tokens(
    queryset: models.QuerySet[Any],
    read: Callable[[Any], OldToken],
    *,
    kind: str = Kind.LOGIN,
    name: str = "",
    ttl: timedelta | None = None,
    expire_after: timedelta | None = None,
    keep_forever: bool = False,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    using: str | None = None,
    progress: Callable[[int], object] = lambda imported: None,
) -> ImportReport:
    """Copy the usable tokens of active users from an old table, so that their keys keep working.

    A second import adds no token again. A killed import keeps the tokens imported so far. No
    ``token_created`` is sent, because no client gains access. ``MAX_TTL`` limits every lifetime.

    :param queryset: the rows of the old table, without slices, ``distinct()`` or aggregates.
    :param read: returns the :class:`OldToken` of a row, or raises ``Refused`` to leave it out.
    :param kind, name: for rows without a kind or a name of their own.
    :param ttl: the lifetime from the import on, in place of a row's own expiry. Rows that have
        expired are still left out.
    :param expire_after: the lifetime from the creation on. The expiry of a row may come first.
    :param keep_forever: rows without an expiry get none. Default: ``TTL`` or ``PERSONAL_TTL``.
    :param dry_run: count the tokens, but write nothing.
    :param batch_size: how many rows one transaction copies, 1 or more.
    :param using: the database of both tables. Default: where the router writes tokens.
    :param progress: called after each transaction with the number imported so far.
    :returns: how many tokens were imported, and how many rows were left out for each reason.
    :raises ValueError, TypeError: an option is wrong, or two options exclude each other.
    :raises ImproperlyConfigured: with ``PEPPER``, a row has a ``sha256`` and no ``created_at``.
    """
    require_kinds(kind)
    using = using or router.db_for_write(get_token_model())
    lifetime = Lifetime(ttl, expire_after, keep_forever)
    copy = _Copy(queryset.using(using), read, kind, name, lifetime, dry_run, progress)
    copy.report.held = walk(copy.old, copy, batch_size)
    return copy.report


class _Row(NamedTuple):
    pk: Any
    user_pk: Any
    old: OldToken
    digests: list[bytes]


@dataclass
class _Copy:
    old: models.QuerySet[Any]
    read: Callable[[Any], OldToken]
    kind: str
    name: str
    lifetime: Lifetime
    dry_run: bool
    progress: Callable[[int], object]
    report: ImportReport = field(default_factory=ImportReport)

    def __post_init__(self) -> None:
        self.using = self.old.db
        self.model = get_token_model()
        self.users = user_model(self.model)._base_manager.using(self.using).order_by("pk")
        self.name = storable(plain_rows(self.model, self.using), self.name)

    def __call__(self, pks: Sequence[Any]) -> list[Any]:
        """Copy the rows with these primary keys. Return the primary keys to try again.

        Another transaction has locked those rows or their users.
        """
        try:
            held = self._transfer(pks)
        except IntegrityError:
            # Another transaction has just added one of these tokens. The second attempt sees it.
            held = self._transfer(pks)
        self.progress(self.report.imported)
        return held

    def _transfer(self, pks: Sequence[Any]) -> list[Any]:
        counts: Counter[str] = Counter()
        now = timezone.now()
        wanted = self.old.filter(pk__in=pks).order_by("pk")
        with transaction.atomic(using=self.using):
            found = list(wanted if self.dry_run else hold(wanted))
            rows = self._readable(found, counts)
            users = self._lock_users({row.user_pk for row in rows})
            tokens = self._new_tokens(rows, users, counts, now)
            if not self.dry_run:
                plain_rows(self.model, self.using).bulk_create(tokens)
        missing = set(pks) - {row.pk for row in found}
        held = list(self.old.filter(pk__in=missing).values_list("pk", flat=True))
        rest = [row for row in rows if row.user_pk not in users]
        existing = self.users.in_bulk({row.user_pk for row in rest})
        held += [row.pk for row in rest if row.user_pk in existing]
        counts["ownerless"] += sum(row.user_pk not in existing for row in rest)
        self.report.add(tokens, counts, now)
        return held

    def _readable(self, rows: Sequence[Any], counts: Counter[str]) -> list[_Row]:
        found = []
        for row in rows:
            try:
                old = self.read(row)
                found.append(_Row(row.pk, self._user_pk(old.user), old, old.digests()))
            except Refused:
                counts["unusable"] += 1
        return found

    def _user_pk(self, user: Any) -> Any:
        pk = user.pk if isinstance(user, models.Model) else user
        return self.users.model._meta.pk.to_python(pk)

    def _lock_users(self, pks: set[Any]) -> dict[Any, Any]:
        """Lock these users and return them by primary key. Leave out users who are already locked.

        The result includes users that the default manager hides. A dry run locks nothing.
        """
        users = self.users.filter(pk__in=pks)
        return {user.pk: user for user in (users if self.dry_run else hold(users))}

    def _new_tokens(
        self, rows: Sequence[_Row], users: dict[Any, Any], counts: Counter[str], now: datetime
    ) -> list[AbstractToken]:
        """Return the tokens to insert, and count the rows that are left out.

        Skip the rows whose user is not in ``users``. The caller counts them.
        """
        rows = [row for row in rows if row.user_pk in users]
        here = self._digests_here([digest for row in rows for digest in row.digests])
        pairs = [(row.user_pk, row.old) for row in rows]
        used = rehashed(plain_rows(self.model, self.using), pairs)
        tokens = []
        for row in rows:
            user = users[row.user_pk]
            expiry = self.lifetime.expiry_of(row.old, row.old.kind or self.kind, now)
            is_used = bool(row.old.sha256) and (row.user_pk, row.old.created_at) in used
            if is_used or not here.isdisjoint(row.digests):
                counts["present"] += 1
            elif expiry is not None and now >= expiry:
                counts["expired"] += 1
            elif not getattr(user, "is_active", True):
                counts["inactive"] += 1
            else:
                here.update(row.digests)  # Two old rows may have the same key.
                tokens.append(self._new_token(user, row, expiry))
                counts["cut_names"] += len((row.old.name or self.name).strip()) > NAME_LENGTH
        return tokens

    def _digests_here(self, digests: Sequence[bytes]) -> set[bytes]:
        """Return which of these digests a token has, or had before its last rotation."""
        rows = plain_rows(self.model, self.using)
        return {
            bytes(digest)
            for column in ("digest", "previous_digest")
            for digest in rows.filter(**{f"{column}__in": digests}).values_list(column, flat=True)
        }

    def _new_token(self, user: Any, row: _Row, expiry: datetime | None) -> AbstractToken:
        token = self.model(
            user=user,
            digest=row.digests[0],
            hint=row.old.shown_hint(),
            kind=row.old.kind or self.kind,
            name=row.old.name or self.name,
            created_at=row.old.created_at or timezone.now(),
            expires_at=expiry,
        )
        token.complete()
        # The first use binds the token to the password that the user has at that time. Do not bind
        # it here. The user may change the password between the import and the first use. Or this
        # process may have other settings than the server, and so would make another stamp.
        token.user_stamp = None
        return token
