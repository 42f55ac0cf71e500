"""The compiled SELECT returns the same as the ORM. Where it cannot, the ORM selects the row."""

from __future__ import annotations

import datetime
import re
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.base_models import AbstractToken, Kind
from drf_token_auth.exceptions import InactiveUser
from drf_token_auth.fields import DigestField
from drf_token_auth.lookup import fast_select as statement
from drf_token_auth.lookup import require_usable
from drf_token_auth.managers import TokenManager, TokenQuerySet
from drf_token_auth.rows.pickling import KEY_COLUMNS
from tests.conftest import make_user
from tests.one_off import add_column, registry, tables_of
from tests.project_models import percent_token
from tests.rows import use_manager

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _compiled_anew() -> Iterator[None]:
    statement._forget()
    yield
    statement._forget()


@pytest.fixture
def _apart() -> Iterator[None]:
    with registry():
        yield


# A request with the current key of a token does not read these columns. Code that needs them, such
# as a rotation, loads the row again.
UNREAD = {"previous_until", *KEY_COLUMNS}


def as_read(model: type[AbstractToken]) -> Any:
    return model._default_manager.select_related("user").defer(*UNREAD).order_by()


def by_orm(token: AbstractToken) -> AbstractToken:
    return as_read(type(token)).get(pk=token.pk)


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


# Columns that only some user models have, with the values to try.
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
def test_token_and_user_have_the_same_attributes_as_from_the_orm(
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


def test_one_query_loads_the_token_and_the_user(user):
    token = get_token_model().objects.create(user=user)
    with CaptureQueriesContext(connection) as queries:
        found = by_statement(token)
        assert found.user == user
    assert len(queries) == 1


def test_the_sql_comes_from_the_orm(user):
    token = get_token_model().objects.create(user=user)
    with CaptureQueriesContext(connection) as ours:
        by_statement(token)
    with CaptureQueriesContext(connection) as theirs:
        list(as_read(type(token)).filter(digest=bytes(token.digest)))
    sql = ours[0]["sql"]
    if connection.vendor == "postgresql" and theirs[0]["sql"].count(" JOIN ") == 1:
        # The join differs, so that PostgreSQL has only one plan for it.
        lateral = r"CROSS JOIN LATERAL \(SELECT .* WHERE (.*) OFFSET 0\) AS (\S+)"
        sql, count = re.subn(lateral, r"INNER JOIN \2 ON \1", sql)
        assert count == 1
    assert sql == theirs[0]["sql"]


def test_a_request_leaves_the_columns_about_keys_unread(user):
    token = get_token_model().objects.create(user=user)
    assert by_statement(token).get_deferred_fields() == UNREAD


def test_a_lookup_by_several_digests_reads_the_one_that_matched(user):
    token = get_token_model().objects.create(user=user)
    found = statement.fetch(type(token), [keys.unissued(), bytes(token.digest)], "default")
    assert found is not None
    assert found.get_deferred_fields() == UNREAD - {"digest"}


def test_saving_the_token_of_a_request_keeps_the_key_that_a_rotation_gave_it(user):
    token = get_token_model().objects.create(user=user)
    found = by_statement(token)
    key = operations.rotate(token).key
    found.name = "renamed"
    found.save()
    assert get_token_model().objects.from_key(key) == token


@pytest.mark.parametrize("is_oracle", [True, False])
def test_only_oracle_converts_null(user, is_oracle, monkeypatch):
    token = get_token_model().objects.create(user=user)
    seen: list[Any] = []

    def convert(value: Any, *args: Any) -> Any:
        seen.append(value)
        return value

    compiled = statement._compile(get_token_model(), [bytes(token.digest)], connection)
    assert compiled is not None
    column = compiled.token.attnames.index("last_used_at")
    compiled = compiled._replace(converters=[(column, "convert_it", None)])
    monkeypatch.setattr(statement, "_compile", lambda *args: compiled)
    monkeypatch.setattr(connection.ops, "convert_it", convert, raising=False)
    monkeypatch.setattr(connection.features, "interprets_empty_strings_as_nulls", is_oracle)
    by_statement(token)
    assert seen == ([None] if is_oracle else [])


def test_one_query_searches_for_several_digests(user):
    token = get_token_model().objects.create(user=user)
    unknown = [keys.unissued() for _ in range(3)]
    digests = [*unknown, bytes(token.digest)]
    assert statement.fetch(type(token), digests, "default") == token
    assert statement.fetch(type(token), unknown, "default") is None


def test_the_token_can_be_saved_refreshed_and_deleted(user):
    token = by_statement(get_token_model().objects.create(user=user))
    token.name = "renamed"
    token.save()
    get_token_model().objects.update(kind=Kind.PERSONAL)
    token.refresh_from_db(fields=["kind"])
    assert (token.name, token.kind) == ("renamed", Kind.PERSONAL)
    get_token_model().objects.update(name="again")
    token.refresh_from_db()
    assert (token.name, token.user) == ("again", user)
    assert token.delete()[0] == 1
    assert not get_token_model().objects.exists()
    with pytest.raises(get_token_model().DoesNotExist):
        token.refresh_from_db()


def test_the_user_can_be_saved_and_refreshed(user):
    found = by_statement(get_token_model().objects.create(user=user)).user
    found.is_active = False
    found.save(update_fields=["is_active"])
    found.set_password("another long one")
    found.save()
    user.refresh_from_db()
    assert (user.is_active, user.check_password("another long one")) == (False, True)
    type(user).objects.update(is_active=True)
    found.refresh_from_db()
    assert found.is_active


def test_deleting_the_user_deletes_the_tokens(user):
    model = get_token_model()
    found = by_statement(model.objects.create(user=user))
    model.objects.create(user=user)
    others = model.objects.create(user=make_user("bob"))
    found.user.delete()
    assert list(model.objects.all()) == [others]
    assert list(get_user_model().objects.all()) == [others.user]


@pytest.mark.parametrize("of_user", [False, True], ids=["token", "user"])
def test_a_deferred_column_is_loaded_on_access(user, of_user):
    token = by_statement(get_token_model().objects.create(user=user))
    instance, name = (token.user, "password") if of_user else (token, "hint")
    before = getattr(instance, name)
    del instance.__dict__[name]
    assert instance.get_deferred_fields() - UNREAD == {name}
    with CaptureQueriesContext(connection) as queries:
        assert getattr(instance, name) == before
    assert len(queries) == 1


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


def test_a_changed_setting_drops_the_compiled_statement(user):
    token = get_token_model().objects.create(user=user)
    by_statement(token)
    assert statement._statements
    with override_settings(DRF_TOKEN_AUTH={}):
        assert not statement._statements
        by_statement(token)


def close_for_good() -> None:
    """Close this thread's connection. Django's ``close()`` keeps an in-memory database open."""
    BaseDatabaseWrapper.close(connection._connections[connection._alias])


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_between_two_requests_is_opened_again(user):
    token = get_token_model().objects.create(user=user)
    in_use = connection._connections[connection._alias]
    keeper = in_use.copy()  # without a connection, an in-memory database disappears
    keeper.ensure_connection()
    try:
        by_statement(token)
        close_for_good()
        assert in_use.connection is None
        assert_equal(token)
    finally:
        BaseDatabaseWrapper.close(keeper)


@pytest.mark.django_db(transaction=True)
def test_another_thread_uses_the_compiled_statement(user):
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


def test_a_compiled_statement_holds_no_connection(monkeypatch):
    """If a converter is a method of ``connection.ops``, the statement holds only its name."""

    def convert_it(ops: Any, value: Any, expression: Any, connection: Any) -> Any:
        return value

    convert = types.MethodType(convert_it, connection.ops)
    monkeypatch.setattr(connection.ops, "get_db_converters", lambda expression: [convert])
    compiled = statement._compile(get_token_model(), [keys.unissued()], connection)
    assert compiled is not None
    held = [function for _, function, _ in compiled.converters]
    assert "convert_it" in held
    assert [one for one in held if getattr(one, "__self__", None) is connection.ops] == []


def test_sqlite_gets_parameters_with_names():
    """If parameters have no names, Django searches the whole SQL for them on each request."""
    compiled = statement._compile(get_token_model(), [keys.unissued(), keys.unissued()], connection)
    assert compiled is not None
    names = ["digest0", "digest1"] if connection.vendor == "sqlite" else None
    assert compiled.names == names
    assert compiled.sql.count("%(digest") == len(names or ())


# When a statement is compiled again


@pytest.mark.usefixtures("_apart")
def test_a_statement_is_compiled_once_for_each_alias_backend_model_and_number_of_digests(
    user, monkeypatch
):
    class Proxy(get_token_model()):
        class Meta:
            app_label = "lab"
            proxy = True

    class OtherBackend(type(connections["default"])):
        pass

    class Compiled(Exception):
        pass

    model, ours = get_token_model(), connections["default"]
    token = model.objects.create(user=user)

    def fetch(model: Any = model, count: int = 1, using: str = "default") -> Any:
        return statement.fetch(model, [bytes(token.digest)] * count, using)

    fetch()
    monkeypatch.setattr(statement, "_compile", mock.Mock(side_effect=Compiled))
    assert fetch() == token
    with pytest.raises(Compiled):
        fetch(Proxy)
    with pytest.raises(Compiled):
        fetch(count=2)
    try:
        connections["elsewhere"] = ours.copy("elsewhere")
        with pytest.raises(Compiled):
            fetch(using="elsewhere")
        connections["default"] = OtherBackend(ours.settings_dict, "default")
        with pytest.raises(Compiled):
            fetch()
    finally:
        connections["default"] = ours
        del connections["elsewhere"]


class Person(models.Model):
    """A user model without the attributes of Django's ``AbstractBaseUser``."""

    name = models.CharField(max_length=9, default="ada")

    class Meta:
        abstract = True


def later() -> None:
    """Define another model, like an app that loads its models after the first request."""
    meta = type("Meta", (), {"app_label": "lab"})
    type("Later", (models.Model,), {"Meta": meta, "__module__": __name__})


def own_models(manager: Any = None, person: type = Person, **fields: Any) -> tuple[Any, Any]:
    """Return a new token model, and the model of its users."""

    class Meta:
        app_label = "lab"

    module = {"Meta": Meta, "__module__": __name__}
    users = type(person)("Someone", (person,), dict(module))
    fields.setdefault("user", models.ForeignKey(users, models.CASCADE))
    own = {"objects": manager} if manager is not None else {}
    return type("Tok", (AbstractToken,), {**module, **fields, **own}), users


@pytest.mark.usefixtures("_apart")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_user", [False, True], ids=["token", "user"])
def test_a_column_that_a_later_model_adds_is_read_like_the_others(of_user):
    model, users = own_models()
    with tables_of(users, model):
        token = model.objects.create(user=users.objects.create())
        assert_equal(token)
        column = models.CharField(max_length=9, default="x")
        add_column(users if of_user else model, "nick", column)
        later()
        assert_equal(token)
        found = by_statement(token)
        with CaptureQueriesContext(connection) as queries:
            assert (found.user if of_user else found).nick == "x"
        assert len(queries) == 0


# The ORM does what the compiled statement cannot


def from_orm(model: type[AbstractToken]) -> bool:
    digests = [keys.unissued()]
    return statement._compile(model, digests, connections["default"]) is None


def queryset_with(base: type = TokenQuerySet, **names: Any) -> type:
    return type("QS", (base,), names)


def manager_of(queryset: type) -> Any:
    return models.Manager.from_queryset(queryset)()


class Only(TokenManager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(name="seen")


class Overriding(TokenManager[Any]):
    """A manager whose ``get_queryset`` adds nothing, but could."""

    def get_queryset(self) -> Any:
        return super().get_queryset()


class Longer(TokenManager[Any]):
    def of_robots(self) -> Any:
        return self.filter(name="robot")


def of_robots(self: Any) -> Any:
    return self.filter(name="robot")


MANAGERS_OF_THEIR_OWN: dict[str, Callable[[], Any]] = {
    "get_queryset": Overriding,
    "a method": Longer,
    "a queryset": lambda: manager_of(queryset_with(filter=of_robots)),
    "of Django's": lambda: manager_of(queryset_with(models.QuerySet, filter=of_robots)),
    "Django's": models.Manager,
}


@pytest.mark.usefixtures("_apart")
@pytest.mark.parametrize("how", MANAGERS_OF_THEIR_OWN)
def test_a_model_with_another_manager_uses_the_orm(how):
    assert from_orm(own_models(MANAGERS_OF_THEIR_OWN[how]())[0])


@pytest.mark.usefixtures("_apart")
@pytest.mark.parametrize("manager", [None, TokenManager])
def test_a_model_with_our_manager_does_not_use_the_orm(manager):
    assert not from_orm(own_models(manager and manager())[0])


class Seen(models.Manager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(name="hidden")


class Hiding(Person):
    objects = Seen()

    class Meta:
        abstract = True


@pytest.mark.usefixtures("_apart")
def test_a_user_model_with_its_own_manager_uses_the_orm():
    assert from_orm(own_models(person=Hiding)[0])


class Narrow(models.ForeignKey):
    pass


class OtherDigest(DigestField):
    pass


class WithParameter(models.CharField):
    """A field whose SELECT has a parameter."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> Any:
        return f"COALESCE({sql}, %s)", [*params, "none"]


def to_user(field: type = models.ForeignKey, **how: Any) -> Any:
    return field(get_user_model(), models.CASCADE, related_name="+", **how)


FIELDS_OF_THEIR_OWN: dict[str, Callable[[], dict[str, Any]]] = {
    "a subclass of ForeignKey": lambda: {"user": to_user(Narrow)},
    "OneToOneField": lambda: {"user": to_user(models.OneToOneField)},
    "unique": lambda: {"user": to_user(unique=True)},
    "NULL": lambda: {"user": to_user(null=True)},
    "a subclass of DigestField": lambda: {"digest": OtherDigest(unique=True)},
    "a parameter": lambda: {"team": WithParameter(max_length=9, null=True)},
}


@pytest.mark.usefixtures("_apart")
@pytest.mark.parametrize("which", FIELDS_OF_THEIR_OWN)
def test_an_unusual_column_uses_the_orm(which):
    assert from_orm(own_models(**FIELDS_OF_THEIR_OWN[which]())[0])


@pytest.mark.parametrize(
    "widened",
    [
        lambda tokens: tokens.annotate(shown=models.F("name")),
        lambda tokens: tokens.extra(select={"one": "1"}),
        lambda tokens: tokens.select_related("user__leader"),
        lambda tokens: tokens.select_related("user", "creator"),
    ],
    ids=["annotation", "extra", "the user's", "two"],
)
@pytest.mark.usefixtures("_apart")
def test_a_query_with_more_columns_uses_the_orm(widened, monkeypatch):
    """A later Django or a manager may add columns. Then the lookup does not use its own SQL."""
    model, users = own_models(creator=to_user(null=False))
    models.ForeignKey("self", models.CASCADE).contribute_to_class(users, "leader")
    plain = statement._queryset
    assert not from_orm(model)
    monkeypatch.setattr(statement, "_queryset", lambda *args: widened(plain(*args)))
    assert from_orm(model)


def test_a_filtering_default_manager_is_respected(user, monkeypatch):
    model = get_token_model()
    seen = model.objects.create(user=user, name="seen")
    hidden = model.objects.create(user=user, name="hidden")
    narrow = Only()
    use_manager(narrow, model, monkeypatch)
    assert statement.fetch(model, [bytes(seen.digest)], "default") == seen
    assert statement.fetch(model, [bytes(hidden.digest)], "default") is None


def test_an_annotating_default_manager_is_respected(user, monkeypatch):
    class Annotated(TokenManager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().annotate(now=models.Value(1))

    model = get_token_model()
    token = model.objects.create(user=user)
    annotated = Annotated()
    use_manager(annotated, model, monkeypatch)
    found = statement.fetch(model, [bytes(token.digest)], "default")
    assert found is not None
    assert found.now == 1


# A model that builds its instances itself


def upper(instance: models.Model) -> None:
    vars(instance)["name"] = vars(instance)["name"].upper()


class Initialized(Person):
    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        upper(self)


class FromDb(Person):
    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Any:
        built = super().from_db(*args, **kwargs)
        upper(built)
        return built


class Assigned(Person):
    class Meta:
        abstract = True

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value.upper() if name == "name" else value)


class Made(Person):
    class Meta:
        abstract = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        made.is_full = bool(args)
        return made


class Called(models.base.ModelBase):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        built = super().__call__(*args, **kwargs)
        upper(built)
        return built


class ByMetaclass(Person, metaclass=Called):
    class Meta:
        abstract = True


class UpperAttribute(DeferredAttribute):
    def __set__(self, instance: models.Model, value: str) -> None:
        vars(instance)[self.field.attname] = value.upper()


class UpperField(models.CharField):
    descriptor_class = UpperAttribute


class Described(models.Model):
    name = UpperField(max_length=9, default="ada")

    class Meta:
        abstract = True


@pytest.mark.usefixtures("_apart")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("base", [Initialized, FromDb, Assigned, Made, ByMetaclass, Described])
def test_a_user_model_may_build_its_instances_itself(base):
    model, users = own_models(person=base)
    with tables_of(users, model):
        token = model.objects.create(user=users.objects.create())
        users.objects.update(name="grace")
        assert statement._compile(model, [keys.unissued()], connection) is not None
        assert_equal(token)
        user = by_statement(token).user
        assert user.is_full if base is Made else user.name == "GRACE"


@contextmanager
def stored(**fields: Any) -> Iterator[Any]:
    """Store a token of a new model with these fields or this manager, for a user of the project."""
    with registry():
        fields.setdefault("user", to_user())
        model, _ = own_models(**fields)
        with tables_of(model):
            yield model.objects.create(user=make_user())


@pytest.mark.django_db(transaction=True)
def test_a_queryset_that_filters_by_tenant_does_so_on_each_request():
    tenant: list[str] = []

    def of_tenant(self: Any, *args: Any, **kwargs: Any) -> Any:
        ours = {"team": tenant[0]} if tenant else {}
        return models.QuerySet.filter(self, *args, **kwargs, **ours)

    manager = manager_of(queryset_with(filter=of_tenant))
    with stored(manager=manager, team=models.CharField(max_length=9, default="a")) as token:
        digests = [bytes(token.digest)]
        assert statement.fetch(type(token), digests, "default") == token
        tenant.append("b")
        assert statement.fetch(type(token), digests, "default") is None


@pytest.mark.django_db(transaction=True)
def test_a_one_to_one_token_is_cached_on_the_user():
    users = get_user_model()
    one = models.OneToOneField(users, models.CASCADE, related_name="only_token")
    try:
        with stored(user=one) as token:
            found = by_statement(token)
            with CaptureQueriesContext(connection) as queries:
                assert found.user.only_token is found
            assert len(queries) == 0
            assert_equal(token)
    finally:
        del users.only_token


@pytest.mark.django_db(transaction=True)
def test_a_token_without_a_user_is_refused():
    with stored(user=to_user(null=True)) as token:
        type(token).objects.update(user=None)
        found = by_statement(token)
        assert found.user is None
        with pytest.raises(InactiveUser):
            require_usable(found, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_extra_columns_are_read_as_by_the_orm():
    with stored(user=to_user(db_column="the owner"), by=to_user(null=True)) as token:
        assert statement._compile(type(token), [keys.unissued()], connection) is not None
        assert_equal(token)


def test_datetimes_follow_the_setting_use_tz(user):
    token = get_token_model().objects.create(user=user)
    assert timezone.is_aware(by_statement(token).created_at) == timezone.is_aware(timezone.now())


if connection.vendor == "sqlite":  # the only database on which Django allows such a column

    @pytest.mark.django_db(transaction=True)
    def test_a_column_with_a_percent_sign_in_its_name_is_read():
        with percent_token() as odd:
            token = odd.objects.create(user=make_user())
            found = by_statement(token)
            assert (found, found.share) == (token, 7)
            odd.objects.all().delete_silently()
