"""Lock rows. All operations take their locks in the same order.

An operation that counts a user's tokens, or revokes several of them, locks the user's row first.
Then it locks the tokens in the order of their primary keys. Two operations that follow this order
never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import connections, models, transaction

if TYPE_CHECKING:
    from ..base_models import AbstractToken

_Rows = TypeVar("_Rows", bound="models.QuerySet[Any, Any]")


def user_model(model: type[AbstractToken]) -> Any:
    """Return the user model that the token model points to."""
    return model._meta.get_field("user").related_model


def plain_rows(model: type[Any], using: str) -> models.QuerySet[Any]:
    """Return all rows as a plain Django queryset. It hides no row and sends no token signals."""
    return models.QuerySet(model, using=using)


@contextmanager
def locking_transaction(*, using: str, savepoint: bool = True) -> Iterator[None]:
    """Open a transaction for code that locks rows, or a savepoint if a transaction is open.

    Under REPEATABLE READ and SERIALIZABLE, a transaction that waited for a locked row may fail on
    PostgreSQL. MySQL also locks the gaps between rows, so that two users' transactions block each
    other. So the new transaction uses READ COMMITTED. The locks make that level strict enough. A
    transaction that the project has opened keeps its level.
    """
    connection: Any = connections[using]
    is_ours = not connection.in_atomic_block and connection.get_autocommit()
    with transaction.atomic(using=using, savepoint=savepoint):
        if is_ours and _is_above_read_committed(connection):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield


def outside_atomic_requests(view: Any) -> Any:
    """Let ``ATOMIC_REQUESTS`` open no transaction for the view, so an error undoes no write."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def lock_user(model: type[AbstractToken], user_pk: Any, *, using: str) -> Any:
    """Lock the user's row until the transaction ends.

    :returns: the user as stored now, or None if the row does not exist.
    """
    connection = connections[using]
    features = connection.features
    users = user_model(model)._base_manager.using(using).filter(pk=user_pk).order_by()
    # An INSERT of another row that points to this user need not wait.
    no_key = features.has_select_for_no_key_update
    if features.has_select_for_update:
        for parent in _parents(users.model):
            rows = parent._base_manager.using(using).filter(pk=user_pk).order_by()
            list(rows.select_for_update(no_key=no_key).values_list("pk"))
    else:
        _lock_for_writing(users.model, connection)
    if connection.vendor == "postgresql" and _is_above_read_committed(connection):
        # Another transaction that begins before the commit does not see the new tokens. With the
        # lock alone, it could exceed the limit. This write changes nothing, but it gives the other
        # transaction a serialization error.
        users.update(**{users.model._meta.pk.attname: user_pk})
    return next(iter(users.select_for_update(no_key=no_key)), None)


def hold(rows: _Rows, **options: Any) -> _Rows:
    """Return a query that locks these rows until the transaction ends.

    It skips the rows that another transaction has locked. A database without SKIP LOCKED waits for
    them.

    :param options: for Django's ``select_for_update()``.
    """
    connection = connections[rows.db]
    if not connection.features.has_select_for_update:
        _lock_for_writing(rows.model, connection)
    skip_locked = connection.features.has_select_for_update_skip_locked
    return cast("_Rows", rows.select_for_update(skip_locked=skip_locked, **options))


def _lock_for_writing(model: Any, connection: Any) -> None:
    """Take SQLite's lock. All writers share one lock, and only a write takes it."""
    table, column = map(connection.ops.quote_name, (model._meta.db_table, model._meta.pk.column))
    with connection.cursor() as cursor:
        # This changes no row.
        cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE 1 = 0")  # noqa: S608


def _is_above_read_committed(connection: Any) -> bool:
    """Return whether the isolation level is, or may be, another one than READ COMMITTED."""
    if connection.vendor == "postgresql":
        return bool(connection.isolation_level.name != "READ_COMMITTED")
    return bool(connection.vendor == "mysql" and connection.isolation_level != "read committed")


def read_latest(rows: _Rows) -> _Rows:
    """Return a query that reads the rows as they are now on MySQL and MariaDB.

    There, a plain SELECT under REPEATABLE READ shows the rows as they were when the transaction
    first read. Only a SELECT that locks shows rows that were committed since then.
    """
    connection: Any = connections[rows.db]
    if connection.vendor == "mysql" and _is_above_read_committed(connection):
        return cast("_Rows", rows.select_for_update())
    return rows


def _parents(user_model: Any) -> Iterator[Any]:
    """Yield the parents of a user model with several tables, in the order in which save() writes.

    A single query that joins the tables would lock them in the opposite order.
    """
    meta = user_model._meta.concrete_model._meta
    for parent, link in meta.parents.items():
        if link is meta.pk:
            yield from _parents(parent)
            yield parent
