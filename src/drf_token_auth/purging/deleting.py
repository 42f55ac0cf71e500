"""Delete expired rows, one short transaction after the other.

One DELETE of a million rows would be one long transaction. So the purge follows the index of
``expires_at`` from the oldest row, and deletes one batch of rows after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from django.db import OperationalError, connections, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector

from ..managers import TokenQuerySet
from ..rows.locking import hold, plain_rows

# A batch must stay below the 32,766 parameters that SQLite accepts in one statement.
MAX_BATCH_SIZE = 10_000
# If Django must read the rows before it deletes them, a batch is small. It may need several
# statements for each row: on MySQL, or if a foreign key protects a row.
READ_BATCH_SIZE = 100

Tokens: TypeAlias = TokenQuerySet[Any]
# How many rows were deleted, and how many were kept because a foreign key of the project protects
# them.
Outcome: TypeAlias = "Counter[str]"


def deletions(expired: Tokens, size: int) -> Iterator[Callable[[], Outcome]]:
    """Yield one function per batch, which deletes it. Call each before asking for the next."""
    most = MAX_BATCH_SIZE if is_one_statement(expired) else READ_BATCH_SIZE
    for batch in _batches(expired, min(size, most)):
        yield partial(_delete, batch)


def _batches(expired: Tokens, size: int) -> Iterator[Tokens]:
    """Yield ranges of at most ``size`` rows, in the order of ``expires_at``.

    Each query starts after the last range, not at the oldest row. Rows with the same expiry that do
    not fit into one range are divided by their primary keys. ORDER BY expires_at, pk would
    sort all of them again for each batch.
    """
    rest = expired
    while len(edge := _moments(rest, size - 1, size + 1)) == 2:
        last, following = edge
        if last < following:
            yield rest.filter(expires_at__lte=last)
        else:
            earlier = rest.filter(expires_at__lt=last)
            if earlier.exists():
                yield earlier
            yield from _batches_of_tie(expired.filter(expires_at=last), size)
        rest = expired.filter(expires_at__gt=last)
    if rest.exists():
        yield rest


def _moments(tokens: Tokens, start: int, end: int) -> list[datetime]:
    """Return the expiry of the rows from ``start`` to ``end`` in the index of ``expires_at``."""
    return list(tokens.order_by("expires_at").values_list("expires_at", flat=True)[start:end])


def _batches_of_tie(tied: Tokens, size: int) -> Iterator[Tokens]:
    rest = tied
    while keys := list(rest.order_by("pk").values_list("pk", flat=True)[:size]):
        yield tied.filter(pk__range=(keys[0], keys[-1]))
        rest = tied.filter(pk__gt=keys[-1])


def _delete(batch: Tokens) -> Outcome:
    """Delete these rows in one transaction, except rows that another transaction has locked.

    A login locks the tokens of a user in the order of their primary keys. It may wait for this
    transaction. To avoid a deadlock, this one skips locked rows, or gives up after 20 ms.
    """
    connection = connections[batch.db]
    is_simple = is_one_statement(batch)
    if is_simple and connection.vendor == "postgresql" and not connection.in_atomic_block:
        # If another transaction holds a row for too long, go on below and skip the locked rows.
        with suppress(OperationalError):
            return _delete_on_postgresql(batch)
    with transaction.atomic(using=batch.db):
        if connection.vendor == "mysql":
            keys = list(batch.values_list("pk", flat=True))
            if is_simple and keys:
                return _delete_on_mysql(batch, keys)
            # Lock one row at a time. For pk IN, MySQL may scan the table and wait for rows in use.
            return sum((_delete_locked(batch.filter(pk=pk)) for pk in keys), Counter())
        return _delete_locked(batch)


def _delete_on_postgresql(batch: Tokens) -> Outcome:
    """Delete the rows as one range. To delete them by primary key takes several times longer.

    :raises OperationalError: another transaction kept one of the rows locked for over 20 ms.
    """
    with transaction.atomic(using=batch.db):
        with connections[batch.db].cursor() as cursor:
            # Do not wait for the disk: if a crash restores rows, the next purge deletes them.
            cursor.execute("SET LOCAL lock_timeout = '20ms'; SET LOCAL synchronous_commit = off")
        return Counter(deleted=batch.delete_silently())


def _delete_locked(rows: Tokens) -> Outcome:
    """Lock the rows that no other transaction has locked, and delete them."""

    def delete(keys: list[Any]) -> int:
        locked = plain_rows(rows.model, rows.db).filter(pk__in=keys)
        return int(locked.delete()[1].get(rows.model._meta.label, 0))

    return keeping_protected(delete, list(hold(rows).values_list("pk", flat=True)))


def keeping_protected(delete: Callable[[list[Any]], int], keys: list[Any]) -> Outcome:
    """Delete these rows together. If a foreign key protects one of them, delete one by one."""
    try:
        return Counter(deleted=delete(keys))
    except (ProtectedError, RestrictedError):
        if len(keys) == 1:
            return Counter(kept=1)
        return sum((keeping_protected(delete, [pk]) for pk in keys), Counter())


def _delete_on_mysql(batch: Tokens, keys: list[Any]) -> Outcome:
    """Lock and delete by primary key. With another index, MySQL locks rows in use too."""
    connection: Any = connections[batch.db]
    meta, quote = batch.model._meta, connection.ops.quote_name
    table, pk = quote(meta.db_table), quote(meta.pk.column)
    skip_locked = connection.features.has_select_for_update_skip_locked
    rows = batch.filter(pk__in=keys).select_for_update(skip_locked=skip_locked).values_list("pk")
    select, params = rows.query.get_compiler(batch.db).as_sql()
    select = select.replace(f"FROM {table}", f"FROM {table} FORCE INDEX (PRIMARY)", 1)
    # DELETE does not support FORCE INDEX. With this setting MariaDB refuses to scan the table.
    start = "SET STATEMENT sql_safe_updates = 1 FOR DELETE"
    if not connection.mysql_is_mariadb:
        start = f"DELETE /*+ INDEX({table} PRIMARY) */"
    with connection.cursor() as cursor:
        cursor.execute(select, params)
        free = [key for (key,) in cursor.fetchall()]
        if not free:
            return Counter()
        places = ", ".join(["%s"] * len(free))
        cursor.execute(f"{start} FROM {table} WHERE {pk} IN ({places})", free)
        return Counter(deleted=cursor.rowcount)


def is_one_statement(tokens: models.QuerySet[Any]) -> bool:
    """Return whether Django deletes these rows without reading them first."""
    return Collector(using=tokens.db).can_fast_delete(tokens)
