"""The SELECT of a token and its user, compiled once by the ORM and run with new parameters.

Compiling costs the ORM as much as the rest of the request's authentication, and the outcome never
changes. So the SQL, the columns, their order and their converters are taken from the ORM's compiler
once for each database alias, model and number of digests, and both rows are built with the public
``Model.from_db``. A model whose default manager narrows or widens its queryset, and whatever the
compiler turns into more than two plain rows, is left to the ORM on every request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from django.core.signals import setting_changed
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

if TYPE_CHECKING:
    from .base_models import AbstractToken

__all__ = ["fetch"]

_T = TypeVar("_T", bound="AbstractToken")


class _Rows(NamedTuple):
    """Where in a row of the result the columns of one model stand, and what they are."""

    model: type[models.Model]
    start: int
    end: int
    attnames: list[str]


class _Converter(NamedTuple):
    """A converter of one column; ``method`` names one of the connection's own operations.

    Methods are looked up on the connection in use: the compiled statement outlives the thread,
    and with it the connection, that compiled it.
    """

    column: int
    method: str | None
    function: Callable[..., Any] | None
    expression: Any


class _Statement(NamedTuple):
    sql: str
    token: _Rows
    user: _Rows
    converters: list[_Converter]
    set_user: Callable[[Any, Any], None]


_statements: dict[tuple[type, str, type, int], _Statement | None] = {}


def _forget(**kwargs: object) -> None:
    _statements.clear()


setting_changed.connect(_forget, dispatch_uid="drf_token_auth.statement")


def fetch(model: type[_T], digests: Sequence[bytes], using: str) -> _T | None:
    """The token with one of these digests, its user loaded, or None."""
    connection = connections[using]
    place = (model, using, type(connection), len(digests))
    try:
        statement = _statements[place]
    except KeyError:
        statement = _statements[place] = _compile(model, digests, connection)
    if statement is None:
        return _queryset(model, digests, using).first()
    adapt = connection.Database.Binary  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, [adapt(digest) for digest in digests])
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    for column, method, function, expression in statement.converters:
        convert = function or getattr(connection.ops, method or "")
        row[column] = convert(row[column], expression, connection)
    token = _build(statement.token, row, using)
    statement.set_user(token, _build(statement.user, row, using))
    return cast("_T", token)


def _queryset(model: type[_T], digests: Sequence[bytes], using: str) -> models.QuerySet[_T]:
    # "= x" is planned better than "IN (x)", and no pepper is the usual case.
    condition = Q(digest=digests[0]) if len(digests) == 1 else Q(digest__in=digests)
    tokens = model._default_manager.using(using).filter(condition)
    return cast("models.QuerySet[_T]", tokens.select_related("user").order_by())


def _compile(
    model: type[AbstractToken], digests: Sequence[bytes], connection: BaseDatabaseWrapper
) -> _Statement | None:
    manager = model._default_manager
    if type(manager).get_queryset is not models.Manager.get_queryset:
        return None
    compiler = _queryset(model, digests, connection.alias).query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    token_info = compiler.klass_info
    related = token_info.get("related_klass_infos", [])
    if (
        len(params) != len(digests)
        or compiler.annotation_col_map
        or compiler.has_extra_select
        or len(related) != 1
        or related[0]["from_parent"]
        or related[0].get("related_klass_infos")
    ):
        return None
    user = _rows(related[0], compiler.select)
    if connection.vendor == "postgresql":
        columns = [column.target.column for column, _, _ in compiler.select[user.start : user.end]]
        sql = _with_one_plan(sql, columns, compiler)
    return _Statement(
        sql=sql,
        token=_rows(token_info, compiler.select),
        user=user,
        converters=_converters(compiler, connection),
        set_user=related[0]["local_setter"],
    )


def _with_one_plan(sql: str, columns: Sequence[str], compiler: Any) -> str:
    """The statement, its join written so that PostgreSQL has one way to do it.

    It plans on each request, which takes longer than the join itself. What is in a subquery with
    OFFSET stays there: one row of the token, then one row of the user.
    """
    joins = [one for one in compiler.query.alias_map.values() if one.join_type is not None]
    if len(joins) != 1:
        return sql
    join, params = compiler.compile(joins[0])
    kind, _, rest = join.partition(" JOIN ")
    table, on, condition = rest.partition(" ON ")
    is_aliased = joins[0].table_alias != joins[0].table_name
    if kind != "INNER" or is_aliased or not on or params or sql.count(join) != 1:
        return sql
    wanted = ", ".join(map(compiler.connection.ops.quote_name, columns))
    user = f"SELECT {wanted} FROM {table} WHERE {condition} OFFSET 0"  # noqa: S608 -- all the ORM's
    return sql.replace(join, f"CROSS JOIN LATERAL ({user}) AS {table}")


def _rows(info: dict[str, Any], select: Sequence[Any]) -> _Rows:
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    attnames = [column.target.attname for column, _, _ in select[start:end]]
    return _Rows(info["model"], start, end, attnames)


def _converters(compiler: Any, connection: BaseDatabaseWrapper) -> list[_Converter]:
    found = []
    by_column = compiler.get_converters([expression for expression, _, _ in compiler.select])
    for column, (functions, expression) in by_column.items():
        for function in functions:
            own = getattr(function, "__self__", None) is connection.ops
            found.append(
                _Converter(
                    column,
                    function.__name__ if own else None,
                    None if own else function,
                    expression,
                )
            )
    return found


def _build(rows: _Rows, row: list[Any], using: str) -> models.Model:
    built: models.Model = rows.model.from_db(using, rows.attnames, row[rows.start : rows.end])
    return built
