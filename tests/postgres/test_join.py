"""The join in a subquery finds the right rows, for any name of the users' table.

If the lookup cannot rewrite the join, it keeps the SQL of the ORM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from drf_token_auth.base_models import AbstractToken
from drf_token_auth.lookup import fast_select as statement
from tests.lookup.test_fast_select import assert_equal, by_statement, to_user
from tests.one_off import registry, tables_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _apart() -> Iterator[None]:
    statement._forget()
    with registry():
        yield
    statement._forget()


@pytest.fixture
def _schema() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA people")
        yield
        cursor.execute("DROP SCHEMA people CASCADE")


def someone(table: str, column: str = "name") -> Any:
    class Someone(models.Model):
        name = models.CharField(max_length=9, default="ada", db_column=column)

        class Meta:
            app_label = "lab"
            db_table = table

    return Someone


def models_of(table: str, column: str = "name") -> tuple[Any, Any]:
    users = someone(table, column)

    class Tok(AbstractToken):
        user = models.ForeignKey(users, models.CASCADE)

        class Meta:
            app_label = "lab"

    return Tok, users


def compiled(model: Any) -> tuple[str, Any, Any]:
    """Return the SQL of the ORM, its join, and the compiler."""
    compiler = model.objects.select_related("user").query.get_compiler(connection=connection)
    sql, _ = compiler.as_sql()
    (join,) = [one for one in compiler.query.alias_map.values() if one.join_type is not None]
    return sql, join, compiler


def sql_of(token: AbstractToken) -> str:
    with CaptureQueriesContext(connection) as queries:
        by_statement(token)
    return queries[0]["sql"]


@pytest.mark.usefixtures("_schema")
@pytest.mark.parametrize("table", ['people"."user', '"people"."user"'])
def test_a_table_in_a_schema_is_joined_as_the_orm_does(table: str) -> None:
    model, users = models_of(table)
    with tables_of(users, model):
        token = model.objects.create(user=users.objects.create())
        assert_equal(token)
        assert "LATERAL" not in sql_of(token)


@pytest.mark.parametrize("table", ["user", "log ON people", "a JOIN b", '"quoted"'])
def test_a_table_of_any_name_is_joined(table: str) -> None:
    model, users = models_of(table, column="ON users")
    with tables_of(users, model):
        token = model.objects.create(user=users.objects.create())
        assert_equal(token)
        assert ("LATERAL" in sql_of(token)) is ('"' not in table)


class Restricted(models.ForeignKey):
    """A foreign key whose join has another condition with a parameter."""

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        column = self.related_model._meta.get_field("name").get_col(alias)
        return self.related_model._meta.get_field("name").get_lookup("exact")(column, "ada")


def test_a_join_with_a_parameter_is_left_as_it_is() -> None:
    class Tok(AbstractToken):
        user = Restricted(someone("people"), models.CASCADE)

        class Meta:
            app_label = "lab"

    sql, join, compiler = compiled(Tok)
    assert compiler.compile(join)[1] == ["ada"]
    assert statement._with_one_plan(sql, ["id", "name"], join, compiler) == sql


def test_a_join_under_an_alias_is_left_as_it_is() -> None:
    """If the table of the users is the table of the tokens, the join has an alias."""

    class Tok(AbstractToken):
        user = models.ForeignKey("self", models.CASCADE)

        class Meta:
            app_label = "lab"

    sql, join, compiler = compiled(Tok)
    assert join.table_alias != join.table_name
    assert statement._with_one_plan(sql, ["id"], join, compiler) == sql


def test_a_join_that_is_there_twice_is_left_as_it_is() -> None:
    sql, join, compiler = compiled(models_of("people")[0])
    assert statement._with_one_plan(sql, ["id", "name"], join, compiler) != sql
    twice = f"{sql} UNION {sql}"
    assert statement._with_one_plan(twice, ["id", "name"], join, compiler) == twice


def test_the_users_of_the_project_are_joined_in_a_subquery_if_they_have_one_table(
    user: Any,
) -> None:
    class Tok(AbstractToken):
        user = to_user()

        class Meta:
            app_label = "lab"

    is_one_row = not get_user_model()._meta.parents
    with tables_of(Tok):
        token = Tok.objects.create(user=user)
        assert_equal(token)
        assert ("LATERAL" in sql_of(token)) is is_one_row
