"""Row locks. Every operation that counts or ends tokens takes them in one order.

First the user's row, then the tokens of that user in the order of their primary keys. Two
operations that follow this order never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import connections, models, transaction

if TYPE_CHECKING:
    from .base_models import AbstractToken

_Rows = TypeVar("_Rows", bound="models.QuerySet[Any, Any]")

__all__ = ["lock_user", "locking_transaction", "read_latest", "user_model"]


def user_model(model: type[AbstractToken]) -> Any:
    """Return the user model that the token model points to."""
    return model._meta.get_field("user").related_model


@contextmanager
def locking_transaction(*, using: str) -> Iterator[None]:
    """Open a transaction that locks a user's row first, or a savepoint in an open one.

    Under REPEATABLE READ and SERIALIZABLE, PostgreSQL refuses a transaction that waited for the
    row. With the row locked, READ COMMITTED is enough and refuses nobody. A transaction of the
    project keeps its level.
    """
    connection: Any = connections[using]
    is_ours = not connection.in_atomic_block and connection.get_autocommit()
    with transaction.atomic(using=using):
        if is_ours and _has_snapshots(connection):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield


def lock_user(model: type[AbstractToken], user_pk: Any, *, using: str) -> Any:
    """Lock the user's row until the transaction ends. Return it as it is now, or None."""
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
        # SQLite has one lock for all writers, and only a write takes it.
        _write(users, user_pk)
    if _has_snapshots(connection):
        # A transaction that began before this one commits does not see its tokens, so with the
        # lock alone it could pass the limit. After this write it gets a serialization error.
        _write(users, user_pk)
    return next(iter(users.select_for_update(no_key=no_key)), None)


def _has_snapshots(connection: Any) -> bool:
    """Return whether the project chose a level at which a lock does not show newer rows."""
    if connection.vendor != "postgresql":
        return False
    return bool(connection.isolation_level.name != "READ_COMMITTED")


def _write(users: models.QuerySet[Any, Any], user_pk: Any) -> None:
    """Write the user's row without changing it."""
    users.update(**{users.model._meta.pk.attname: user_pk})


def read_latest(rows: _Rows) -> _Rows:
    """Let a query read rows as they are now, also in a transaction that began before.

    On MySQL and MariaDB a plain SELECT under REPEATABLE READ shows the rows as they were when the
    transaction first read. Only a SELECT that locks shows those that are committed since.
    """
    connection: Any = connections[rows.db]
    if connection.vendor == "mysql" and connection.isolation_level != "read committed":
        return cast("_Rows", rows.select_for_update())
    return rows


def _parents(user_model: Any) -> Iterator[Any]:
    """Yield the parent models of a user model that has several tables, first saved first.

    A single query that joins the tables would lock them in the opposite order to ``save()``.
    """
    meta = user_model._meta.concrete_model._meta
    for parent, link in meta.parents.items():
        if link is meta.pk:
            yield from _parents(parent)
            yield parent
