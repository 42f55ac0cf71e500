"""Deleting a batch of expired rows, but for those that were renewed or are held meanwhile.

Where nothing of the project's hangs on a row, a batch is one DELETE. Where something does (a
receiver of ``pre_delete`` or ``post_delete``, a foreign key to the token), Django reads the rows
and deletes what it has read: so they are locked first, few at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from django.db import connections, transaction
from django.db.models import BigAutoField, F, ProtectedError, RestrictedError
from django.db.models.deletion import Collector

from ..managers import TokenQuerySet, all_rows

__all__ = ["PROTECTED", "Deletion", "Outcome", "deletions", "is_one_statement"]

PROTECTED = (ProtectedError, RestrictedError)

# Of rows that something hangs on, a transaction has so many: each may be several statements.
FEW = 100
# PostgreSQL takes 65,535 parameters where the server binds them.
MOST_KEYS = 10_000

Tokens: TypeAlias = TokenQuerySet[Any]


class Outcome(NamedTuple):
    """How many rows went, and how many a foreign key of the project's does not let go."""

    gone: int
    kept: int = 0

    @classmethod
    def of(cls, parts: Iterable[Outcome]) -> Outcome:
        gone, kept = 0, 0
        for part in parts:
            gone, kept = gone + part.gone, kept + part.kept
        return cls(gone, kept)


Deletion: TypeAlias = Callable[[], Outcome]


def is_one_statement(tokens: Tokens) -> bool:
    """Whether Django deletes such rows without reading them first."""
    return Collector(using=tokens.db).can_fast_delete(tokens)


def deletions(batch: Tokens, cutoff: datetime) -> Iterator[Deletion]:
    """What deletes the batch: one transaction after the other.

    :param cutoff: when the last row of the batch, or of any other, has expired.
    """
    connection = connections[batch.db]
    is_mysql = connection.vendor == "mysql"
    is_key_a_number = isinstance(batch.model._meta.pk, BigAutoField)
    if not is_one_statement(batch) or (is_mysql and not is_key_a_number):
        keys = list(batch.values_list("pk", flat=True))
        for few in _pieces(keys, FEW):
            yield partial(_delete_few, batch, few)
    elif not connection.features.has_select_for_update_skip_locked:
        yield lambda: Outcome(batch.delete_silently())  # SQLite has one writer at a time
    elif is_mysql:
        yield partial(_delete_by_key, batch, cutoff)
    else:
        yield partial(_delete_free, batch)


def _pieces(keys: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _delete_free(batch: Tokens) -> Outcome:
    """Delete the batch, but for rows that somebody else is ending at this moment.

    A DELETE takes its rows in the order of their expiry, who ends several tokens of a user in the
    order of their ids: each waiting for the other would be a deadlock, and the login its victim.
    """
    rows = all_rows(batch.model, batch.db)
    with transaction.atomic(using=batch.db):
        free = list(batch.select_for_update(skip_locked=True).values_list("pk", flat=True))
        return Outcome(
            sum(rows.filter(pk__in=keys).delete_silently() for keys in _pieces(free, MOST_KEYS))
        )


_KEYS = "JSON_TABLE(%s, '$[*]' COLUMNS (pk BIGINT PATH '$')) AS free"
_LOCK_BY_KEY = (
    "SELECT token.{pk} FROM {keys} STRAIGHT_JOIN {table} AS token FORCE INDEX (PRIMARY)"
    " ON token.{pk} = free.pk WHERE token.{expiry} <= %s FOR UPDATE SKIP LOCKED"
)
_DELETE_BY_KEY = "DELETE token FROM {keys} STRAIGHT_JOIN {table} AS token ON token.{pk} = free.pk"


def _delete_by_key(batch: Tokens, cutoff: datetime) -> Outcome:
    """The same on MySQL and MariaDB, where each statement is to look at these rows alone.

    Up the index of the expiry, they lock the next row too, which is in use. For "IN", they may scan
    the table. Then they wait for rows that others hold, who may wait for these.
    """
    connection: Any = connections[batch.db]
    quote, meta = connection.ops.quote_name, batch.model._meta
    names = {
        "keys": _KEYS,
        "table": quote(meta.db_table),
        "pk": quote(meta.pk.column),
        "expiry": quote(meta.get_field("expires_at").column),
    }
    keys = list(batch.values_list("pk", flat=True))
    with transaction.atomic(using=batch.db), connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(cutoff)
        cursor.execute(_LOCK_BY_KEY.format(**names), [json.dumps(keys), moment])
        free = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_DELETE_BY_KEY.format(**names), [json.dumps(free)])
        return Outcome(int(cursor.rowcount))


def _delete_few(batch: Tokens, keys: Sequence[Any]) -> Outcome:
    """Delete those that are in the batch still, with what hangs on them."""
    with transaction.atomic(using=batch.db):
        return Outcome.of(_delete_found(found, batch) for found in _held(batch, keys))


def _held(batch: Tokens, keys: Sequence[Any]) -> Iterator[list[Any]]:
    """The rows, held until the transaction ends: all at once, or on MySQL one by one (as above)."""
    connection = connections[batch.db]
    if not connection.features.has_select_for_update:
        # SQLite has one write lock, and only a write takes it.
        batch.filter(pk__in=keys).update(expires_at=F("expires_at"))
        yield list(batch.filter(pk__in=keys))
        return
    skip_locked = connection.features.has_select_for_update_skip_locked
    rows = batch.select_for_update(skip_locked=skip_locked)
    if connection.vendor != "mysql":
        yield list(rows.filter(pk__in=keys))
        return
    for pk in keys:
        yield list(rows.filter(pk=pk))


def _delete_found(found: list[Any], batch: Tokens) -> Outcome:
    collector = Collector(using=batch.db, origin=batch)
    try:
        collector.collect(found)
    except PROTECTED:
        if len(found) == 1:
            return Outcome(0, kept=1)
        return Outcome.of(_delete_found([token], batch) for token in found)
    return Outcome(collector.delete()[1].get(batch.model._meta.label, 0))
