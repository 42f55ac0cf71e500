"""Select a token and its user with SQL that the ORM compiled once, and with new parameters.

Compiling the query takes the ORM as long as the rest of the authentication, and the result is
always the same. So this module takes the SQL, the columns and their converters from the ORM's
compiler. It does this once for each model, database alias and number of digests.

It uses the normal ORM if the token model has its own manager, or if the manager of the user model
has its own ``get_queryset()``, or if the query needs more than the columns of one token and one
user.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from django.core.signals import setting_changed
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.base import ModelBase, ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import class_prepared, post_init, pre_init
from django.db.models.sql.constants import INNER

from ..fields import DigestField
from ..rows.pickling import KEY_COLUMNS
from .visible_users import may_hide_users, of_visible_users

if TYPE_CHECKING:
    from ..base_models import AbstractToken

_T = TypeVar("_T", bound="AbstractToken")


class _Columns(NamedTuple):
    """The columns of one model in a row of the result."""

    model: type[models.Model]
    start: int
    end: int
    attnames: list[str]
    is_plain: bool


class _Statement(NamedTuple):
    sql: str
    # The names of the parameters, or None if they have none.
    names: list[str] | None
    token: _Columns
    user: _Columns
    # Each entry has the index of a column, its converter and the expression to convert. The
    # converter is a function of a field, or the name of a method of ``connection.ops``. The method
    # is looked up on the connection in use: the statement is kept longer than the connection that
    # compiled it, and other threads use the statement too.
    converters: list[tuple[int, Callable[..., Any] | str, Any]]
    set_user: Callable[[Any, Any], None]


_statements: dict[tuple[type, str, type, int], _Statement | None] = {}


def _forget(**kwargs: object) -> None:
    _statements.clear()


# A model that is defined later may replace the token or the user model, or add a field to one.
class_prepared.connect(_forget)
setting_changed.connect(_forget)


def fetch(model: type[_T], digests: Sequence[bytes], using: str) -> _T | None:
    """Return the token with one of these digests, or None. Its user is loaded."""
    connection = connections[using]
    place = (model, using, type(connection), len(digests))
    try:
        statement = _statements[place]
    except KeyError:
        statement = _statements[place] = _compile(model, digests, connection)
    if statement is None:
        return _queryset(model, digests, using).first()
    found = _select(statement, digests, connection)
    if found is None:
        return None
    row, ops = list(found), connection.ops
    # Only Oracle's converters change NULL: it stands for an empty text there.
    converts_null = connection.features.interprets_empty_strings_as_nulls
    for column, convert, expression in statement.converters:
        if isinstance(convert, str):
            if row[column] is None and not converts_null:
                continue
            convert = getattr(ops, convert)
        row[column] = convert(row[column], expression, connection)
    token = _build(statement.token, row, using)
    statement.set_user(token, _build(statement.user, row, using))
    return cast("_T", token)


def _select(
    statement: _Statement, digests: Sequence[bytes], connection: BaseDatabaseWrapper
) -> Sequence[Any] | None:
    adapt = connection.Database.Binary  # type: ignore[attr-defined]
    params: Any = [adapt(digest) for digest in digests]
    if statement.names is not None:
        params = dict(zip(statement.names, params, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, params)
        return cast("Sequence[Any] | None", cursor.fetchone())


def _queryset(model: type[_T], digests: Sequence[bytes], using: str) -> models.QuerySet[_T]:
    # Databases plan "= x" better than "IN (x)". Without peppers, a generated key has one digest.
    condition = Q(digest=digests[0]) if len(digests) == 1 else Q(digest__in=digests)
    # A request needs no key column of the row, unless it must see which of several digests matched.
    unread = {"previous_until", *KEY_COLUMNS} - ({"digest"} if len(digests) > 1 else set())
    tokens = of_visible_users(model._default_manager.using(using)).filter(condition)
    return cast("models.QuerySet[_T]", tokens.select_related("user").defer(*unread).order_by())


def _compile(
    model: type[AbstractToken], digests: Sequence[bytes], connection: BaseDatabaseWrapper
) -> _Statement | None:
    is_plain = getattr(model._default_manager, "is_plain", False)
    if not (is_plain and _has_plain_columns(model)) or may_hide_users(model):
        return None
    compiler = _queryset(model, digests, connection.alias).query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    joins = [one for one in compiler.query.alias_map.values() if one.join_type is not None]
    token_info = compiler.klass_info
    user_info = token_info["related_klass_infos"][0]
    token, user = _rows(token_info, compiler.select), _rows(user_info, compiler.select)
    if (
        len(params) != len(digests)
        # After an outer join, there may be no user.
        or any(one.join_type != INNER for one in joins)
        # The row must contain the token's columns, then the user's columns, and nothing else.
        or (0, token.end, len(compiler.select)) != (token.start, user.start, user.end)
    ):
        return None
    if connection.vendor == "postgresql" and len(joins) == 1:
        columns = [column.target.column for column, _, _ in compiler.select[user.start : user.end]]
        sql = _with_one_plan(sql, columns, joins[0], compiler)
    names = None
    if connection.vendor == "sqlite" and sql.count("%") == len(params):
        # For parameters without names, Django searches the whole SQL again on each request.
        names = [f"digest{number}" for number in range(len(params))]
        sql %= tuple(f"%({name})s" for name in names)
    converters = _converters(compiler, connection.ops)
    return _Statement(sql, names, token, user, converters, user_info["local_setter"])


def _has_plain_columns(model: type[AbstractToken]) -> bool:
    """Return whether the model keeps the fields ``digest`` and ``user`` of the abstract model."""
    digest, user = model._meta.get_field("digest"), model._meta.get_field("user")
    # For a unique foreign key, the ORM also sets the token on the user. This module does not.
    return type(digest) is DigestField and type(user) is models.ForeignKey and not user.unique


def _with_one_plan(sql: str, columns: Sequence[str], join: Any, compiler: Any) -> str:
    """Return the statement with a join that PostgreSQL can plan in one way only.

    PostgreSQL plans the statement on each request, and that takes longer than the join itself. It
    does not pull up a subquery with OFFSET. So it reads the token's row, and then the user's row.
    """
    quote = compiler.connection.ops.quote_name
    table = quote(join.table_name)
    join_sql, params = compiler.compile(join)
    # This is the beginning of a join without an alias. An alias would stand before "ON".
    head = f"{INNER} {table} ON "
    # A table name that contains quotes, for example with a schema, cannot name the subquery.
    is_quoted = '"' in join.table_name
    if is_quoted or params or not join_sql.startswith(head) or sql.count(join_sql) != 1:
        return sql
    wanted, condition = ", ".join(map(quote, columns)), join_sql.removeprefix(head)
    user = f"SELECT {wanted} FROM {table} WHERE {condition} OFFSET 0"  # noqa: S608 -- from the ORM
    return sql.replace(join_sql, f"CROSS JOIN LATERAL ({user}) AS {table}")


def _rows(info: dict[str, Any], select: Sequence[Any]) -> _Columns:
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    attnames = [column.target.attname for column, _, _ in select[start:end]]
    model = info["model"]
    return _Columns(model, start, end, attnames, _is_plain(model))


def _is_plain(model: type[models.Model]) -> bool:
    """Return whether only Django's own code builds an instance of this model."""
    django: Any = models.Model
    descriptors = {type(getattr(model, field.attname)) for field in model._meta.concrete_fields}
    return (
        type(model) is ModelBase
        and getattr(model.from_db, "__func__", None) is django.from_db.__func__
        and all(
            getattr(model, name) is getattr(django, name)
            for name in ("__new__", "__init__", "__setattr__")
        )
        and descriptors <= {DeferredAttribute, ForeignKeyDeferredAttribute}
    )


def _converters(compiler: Any, ops: Any) -> list[tuple[int, Callable[..., Any] | str, Any]]:
    by_column = compiler.get_converters([expression for expression, _, _ in compiler.select])
    return [
        (column, one.__name__ if getattr(one, "__self__", None) is ops else one, expression)
        for column, (functions, expression) in by_column.items()
        for one in functions
    ]


def _build(columns: _Columns, row: list[Any], using: str) -> models.Model:
    model, start, end, attnames, is_plain = columns
    values = row[start:end]
    if not is_plain or pre_init.receivers or post_init.receivers:
        built: models.Model = model.from_db(using, attnames, values)
        return built
    # Model.from_db sets one attribute after the other. That takes a tenth of the time of the
    # authentication.
    built = model.__new__(model)
    built._state = ModelState()
    built._state.adding, built._state.db = False, using
    built.__dict__.update(zip(attnames, values, strict=True))
    return built
