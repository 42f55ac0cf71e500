"""The compiled SELECT is the ORM's equal, or the ORM is asked."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_init, pre_init
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drf_token_auth import get_token_model, keys, statement
from drf_token_auth.base_models import AbstractToken, Kind
from drf_token_auth.managers import TokenManager
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _compiled_anew() -> Iterator[None]:
    statement._forget()
    yield
    statement._forget()


def by_orm(token: AbstractToken) -> AbstractToken:
    return type(token)._default_manager.select_related("user").get(pk=token.pk)


def by_statement(token: AbstractToken) -> AbstractToken:
    found = statement.fetch(type(token), [bytes(token.digest)], "default")
    assert found is not None
    return found


def everything(instance: models.Model) -> dict[str, Any]:
    state = dict(vars(instance))
    django_state = state.pop("_state")
    return {
        **{name: (type(value), value) for name, value in state.items()},
        "_state.db": django_state.db,
        "_state.adding": django_state.adding,
        "_state.fetch_mode": getattr(django_state, "fetch_mode", None),
        "_state.cached": set(django_state.fields_cache),
        "deferred": instance.get_deferred_fields(),
        "class": type(instance),
    }


def assert_equal(token: AbstractToken) -> None:
    ours, theirs = by_statement(token), by_orm(token)
    assert everything(ours) == everything(theirs)
    assert everything(ours.user) == everything(theirs.user)


moments = st.datetimes(
    min_value=datetime.datetime(1990, 1, 1), max_value=datetime.datetime(2200, 1, 1)
)
names = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=30
)
durations = st.none() | st.timedeltas(
    min_value=datetime.timedelta(microseconds=1), max_value=datetime.timedelta(days=4000)
)


# Columns that only some of the user models have, and what can be in them.
USER_COLUMNS = {
    "settings": st.dictionaries(names, st.none() | st.booleans() | st.integers(-9, 9) | names),
    "born": st.none() | st.dates(),
    "balance": st.decimals(-999, 999, places=6),
    "quota": st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=900)),
    "secret": st.none() | names,
    "wakes_at": st.none() | st.times(),
    "reference": st.none() | st.uuids(version=4),
    "avatar": st.none() | st.binary(max_size=50),
}


def user_values(data: st.DataObject) -> dict[str, Any]:
    columns = {field.name for field in get_user_model()._meta.concrete_fields}
    return {
        name: data.draw(values, label=name)
        for name, values in USER_COLUMNS.items()
        if name in columns
    }


def _aware(moment: datetime.datetime | None) -> datetime.datetime | None:
    from django.conf import settings as django_settings

    if moment is None or not django_settings.USE_TZ:
        return moment
    return moment.replace(tzinfo=datetime.timezone.utc)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    created=moments,
    expires=st.none() | moments,
    used=st.none() | moments,
    renewable=st.none() | moments,
    idle=durations,
    name=names,
    kind=st.sampled_from(Kind.values),
    last_login=st.none() | moments,
    active=st.booleans(),
    data=st.data(),
)
def test_every_attribute_of_both_objects_is_the_orms(
    db, created, expires, used, renewable, idle, name, kind, last_login, active, data
):
    model, users = get_token_model(), get_user_model()
    person = users.objects.order_by("pk").first() or make_user("grace")
    users.objects.filter(pk=person.pk).update(
        last_login=_aware(last_login), is_active=active, **user_values(data)
    )
    token = model(user=person, kind=kind, name=name)
    token.save()
    model.objects.filter(pk=token.pk).update(
        created_at=_aware(created),
        expires_at=_aware(expires),
        last_used_at=_aware(used),
        renewable_until=_aware(renewable),
        idle_timeout=idle,
    )
    assert_equal(token)


def test_it_is_one_query_and_costs_none_to_look_at_the_user(user):
    token = get_token_model().objects.create(user=user)
    with CaptureQueriesContext(connection) as queries:
        found = by_statement(token)
        assert found.user == user
    assert len(queries) == 1


def test_the_sql_is_the_orms_own(user):
    token = get_token_model().objects.create(user=user)
    with CaptureQueriesContext(connection) as ours:
        by_statement(token)
    with CaptureQueriesContext(connection) as theirs:
        list(
            type(token)
            ._default_manager.select_related("user")
            .order_by()
            .filter(digest=bytes(token.digest))
        )
    sql = ours[0]["sql"]
    if connection.vendor == "postgresql" and theirs[0]["sql"].count(" JOIN ") == 1:
        # But for the join, written so that there is one way to plan it.
        lateral = r"CROSS JOIN LATERAL \(SELECT .* WHERE (.*) OFFSET 0\) AS (\S+)"
        sql, count = re.subn(lateral, r"INNER JOIN \2 ON \1", sql)
        assert count == 1
    assert sql == theirs[0]["sql"]


def test_several_digests_are_asked_for_at_once(user):
    token = get_token_model().objects.create(user=user)
    unknown = [keys.unissued() for _ in range(3)]
    digests = [*unknown, bytes(token.digest)]
    assert statement.fetch(type(token), digests, "default") == token
    assert statement.fetch(type(token), unknown, "default") is None


def test_the_objects_can_be_saved_refreshed_and_deleted(user):
    token = by_statement(get_token_model().objects.create(user=user))
    token.name = "renamed"
    token.save()
    token.user.is_active = False
    token.user.save()
    token.refresh_from_db()
    assert (token.name, token.user.is_active) == ("renamed", False)
    token.delete()
    assert not get_token_model().objects.exists()


def test_init_signals_fire_as_with_the_orm(user):
    token = get_token_model().objects.create(user=user)
    heard: list[tuple[str, type]] = []

    def before(sender: type, **kwargs: Any) -> None:
        heard.append(("pre", sender))

    def after(sender: type, **kwargs: Any) -> None:
        heard.append(("post", sender))

    pre_init.connect(before)
    post_init.connect(after)
    try:
        by_statement(token)
        ours, heard = heard, []
        by_orm(token)
    finally:
        pre_init.disconnect(before)
        post_init.disconnect(after)
    assert ours
    assert ours == heard


def test_a_setting_that_changes_drops_what_was_compiled(user):
    token = get_token_model().objects.create(user=user)
    by_statement(token)
    assert statement._statements
    with override_settings(DRF_TOKEN_AUTH={}):
        assert not statement._statements
        by_statement(token)


def close_for_good() -> None:
    """Close this thread's connection; Django keeps one to an in-memory database open."""
    BaseDatabaseWrapper.close(connection._connections[connection._alias])


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_between_two_requests_is_opened_again(user):
    token = get_token_model().objects.create(user=user)
    in_use = connection._connections[connection._alias]
    keeper = in_use.copy()  # an in-memory database lives as long as a connection to it
    keeper.ensure_connection()
    try:
        by_statement(token)
        close_for_good()
        assert in_use.connection is None
        assert_equal(token)
    finally:
        BaseDatabaseWrapper.close(keeper)


@pytest.mark.django_db(transaction=True)
def test_another_thread_uses_what_this_one_compiled(user):
    token = get_token_model().objects.create(user=user)
    by_statement(token)
    compiled = dict(statement._statements)
    found: list[Any] = []

    def elsewhere() -> None:
        try:
            found.append(everything(by_statement(token)))
        finally:
            close_for_good()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [everything(by_orm(token))]
    assert statement._statements == compiled


def test_a_compiled_statement_holds_no_connection():
    compiled = statement._compile(get_token_model(), [keys.unissued()], connection)
    assert compiled is not None
    for converter in compiled.converters:
        owner = getattr(converter.function, "__self__", None)
        assert owner is not connection.ops


class Only(TokenManager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(name="seen")


def test_a_default_manager_with_a_queryset_of_its_own_is_asked_each_time(user, monkeypatch):
    model = get_token_model()
    seen = model.objects.create(user=user, name="seen")
    hidden = model.objects.create(user=user, name="hidden")
    narrow = Only()
    narrow.model = model
    monkeypatch.setattr(type(model), "_default_manager", property(lambda cls: narrow))
    assert statement._compile(model, [bytes(seen.digest)], connection) is None
    assert statement.fetch(model, [bytes(seen.digest)], "default") == seen
    assert statement.fetch(model, [bytes(hidden.digest)], "default") is None


def test_a_default_manager_that_joins_more_than_the_user_is_left_to_the_orm(user, monkeypatch):
    class Annotated(TokenManager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().annotate(now=models.Value(1))

    model = get_token_model()
    token = model.objects.create(user=user)
    annotated = Annotated()
    annotated.model = model
    monkeypatch.setattr(type(model), "_default_manager", property(lambda cls: annotated))
    found = statement.fetch(model, [bytes(token.digest)], "default")
    assert found is not None
    assert found.now == 1


def test_the_clock_of_the_row_is_the_settings_one(user):
    token = get_token_model().objects.create(user=user)
    assert timezone.is_aware(by_statement(token).created_at) == timezone.is_aware(timezone.now())
