from __future__ import annotations

import base64

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Value
from django.test import override_settings

from drf_token_auth import get_token_model, keys
from drf_token_auth.exceptions import UnknownScopes
from drf_token_auth.fields import DigestField

pytestmark = pytest.mark.django_db


def test_the_digest_is_unique_in_the_database(user):
    model = get_token_model()
    first = model.objects.create(user=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(user=user, key=first.key)


def by_save(token):
    token.save()


def by_bulk_create(token):
    type(token).objects.bulk_create([type(token)(user=token.user, digest=token.digest)])


def by_update(token):
    type(token).objects.filter(pk=token.pk).update(digest=token.digest)


def by_fixture(token):
    models.Model.save_base(token, raw=True)


@pytest.mark.parametrize("digest", [b"short", b"x" * 34])
@pytest.mark.parametrize("store", [by_save, by_bulk_create, by_update, by_fixture])
def test_no_path_stores_a_digest_of_another_size(user, digest, store):
    model = get_token_model()
    token = model.objects.create(user=user)
    token.digest = digest
    with pytest.raises(ValueError, match="A digest must have 33 bytes"), transaction.atomic():
        store(token)
    assert len(bytes(model.objects.get(pk=token.pk).digest)) == keys.DIGEST_SIZE


def test_the_parameter_of_a_query_does_not_show_the_digest():
    digest = keys.digest("key", keys.SHA256)
    for given in (digest, memoryview(digest)):
        param = DigestField().get_db_prep_value(given, connection)
        assert repr(digest)[4:12] not in repr(param)


def test_an_empty_digest_is_filled_or_refused(user):
    model = get_token_model()
    model.objects.bulk_create([model(user=user, digest=b"")])
    assert len(bytes(model.objects.get().digest)) == keys.DIGEST_SIZE
    with pytest.raises(ValueError, match="A digest must have 33 bytes"), transaction.atomic():
        model.objects.update(digest=b"")


def test_a_stored_digest_is_read_back(user):
    model = get_token_model()
    token = model.objects.create(user=user)
    assert bytes(model.objects.get(digest=token.digest).digest) == token.digest


@pytest.mark.parametrize(
    ("vendor", "column"),
    [("mysql", "varbinary(33)"), ("oracle", "RAW(33)"), ("microsoft", "varbinary(33)")],
)
def test_the_column_type_can_be_unique_on_every_database(vendor, column):
    class Elsewhere:
        pass

    elsewhere = Elsewhere()
    elsewhere.vendor = vendor
    assert DigestField().db_type(elsewhere) == column


def test_the_database_has_a_unique_index_on_the_digest():
    table = get_token_model()._meta.db_table
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    unique = [c["columns"] for c in constraints.values() if c["unique"]]
    assert ["digest"] in unique


# Scopes


@pytest.fixture
def declared():
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read", "write": "Write"}}):
        yield get_token_model()


def assign(token, scopes):
    token.scopes = scopes
    token.save()
    return token


def assign_only(token, scopes):
    token.scopes = scopes
    token.save(update_fields=["scopes"])
    return token


def update(token, scopes):
    type(token).objects.filter(pk=token.pk).update(scopes=scopes)
    return type(token).objects.get(pk=token.pk)


def bulk_update(token, scopes):
    token.scopes = scopes
    type(token).objects.bulk_update([token], ["scopes"])
    return type(token).objects.get(pk=token.pk)


@pytest.mark.parametrize("change", [assign, assign_only, update, bulk_update])
def test_scopes_can_be_assigned_as_a_list(user, declared, change):
    token = declared.objects.create(user=user)
    assert change(token, ["write", "read"]).scope_list == ["read", "write"]
    assert change(token, "read").scope_list == ["read"]
    assert declared.objects.get(pk=token.pk).scopes == "read"
    assert change(token, None).scope_list is None


@pytest.mark.parametrize("change", [assign, assign_only, update, bulk_update])
@pytest.mark.parametrize("scopes", [["read", "typo"], []])
def test_no_path_stores_unknown_scopes_or_an_empty_list(user, declared, change, scopes):
    token = declared.objects.create(user=user, scopes="read")
    with pytest.raises(UnknownScopes), transaction.atomic():
        change(token, scopes)
    assert declared.objects.get(pk=token.pk).scopes == "read"


def test_an_empty_list_of_scopes_never_becomes_all_scopes(declared, monkeypatch):
    """Oracle stores an empty text as NULL."""
    column = declared._meta.get_field("scopes")
    assert column.get_db_prep_save("", connection) == ""
    monkeypatch.setattr(connection.features, "interprets_empty_strings_as_nulls", True)
    with pytest.raises(ValueError, match="empty text as NULL"):
        column.get_db_prep_save("", connection)


def test_an_undeclared_scope_does_not_prevent_a_save(user, declared):
    token = declared.objects.create(user=user, scopes="read write")
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read"}}):
        token = declared.objects.get(pk=token.pk)
        token.name = "phone"
        token.save()
    assert declared.objects.get(pk=token.pk).scopes == "read write"


def test_scopes_can_be_an_expression(user, declared):
    token = declared.objects.create(user=user, name="read")
    assert update(token, F("name")).scopes == "read"
    assert update(token, Value("write")).scopes == "write"


def test_a_digest_is_bytes_however_it_is_read():
    """psycopg2 reads a memoryview whose items are bytes."""
    digest = keys.unissued()
    field = DigestField()
    assert field.from_db_value(memoryview(digest).cast("c"), None, connection) == digest
    assert field.from_db_value(None, None, connection) is None
    assert field.to_python(base64.b64encode(digest).decode()) == digest
