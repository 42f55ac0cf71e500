"""The attributes of a token: its key, which is readable once, its label, and names as in DRF."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template import Context, Template
from django.test import override_settings
from rest_framework import serializers

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import KeyNotShown
from tests.lives import row
from tests.queries import queries

Token = get_token_model()


def test_the_error_says_what_to_write_and_suggests_no_other_name(user: Any) -> None:
    loaded = row(Token.objects.create(user=user))
    with pytest.raises(KeyNotShown) as caught:
        _ = loaded.key
    shown = traceback.format_exception_only(caught.value)[-1]
    assert "operations.issue(user)" in shown
    assert "LoginView" in shown
    assert "Did you mean" not in shown


def test_the_error_of_an_unsaved_token_says_to_save_it(user: Any) -> None:
    with pytest.raises(KeyNotShown, match="Save it first"):
        _ = Token(user=user).key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[{{ t.key }}]", "[]"),
        ("[{% if t.key %}yes{% endif %}]", "[]"),
        ('[{{ t.key|default:"-" }}]', "[-]"),
    ],
)
def test_a_template_shows_nothing_for_the_key_of_a_loaded_token(
    user: Any, text: str, shown: str
) -> None:
    loaded = row(Token.objects.create(user=user))
    assert Template(text).render(Context({"t": loaded})) == shown


@pytest.mark.parametrize("debug", [True, False])
def test_the_console_says_why_a_serializer_lacks_the_key(
    user: Any, settings: Any, caplog: Any, debug: bool
) -> None:
    class KeySerializer(serializers.ModelSerializer):
        class Meta:
            model = Token
            fields = ["key", "kind"]

    settings.DEBUG = debug
    made = Token.objects.create(user=user)
    assert KeySerializer(made).data == {"key": made.key, "kind": "login"}
    assert KeySerializer(row(made)).data == {"kind": "login"}
    said = [one for one in caplog.messages if "operations.issue(user)" in one]
    assert len(said) == (1 if debug else 0)


@pytest.mark.parametrize("kind", ["login", "personal"])
def test_the_label_names_kind_hint_and_user_without_a_query(user: Any, kind: str) -> None:
    token = operations.issue(user, kind=kind)
    assert str(row(token)) == f"{kind} token {token.hint}… of {user.get_username()}"
    loaded = Token.objects.get()
    with queries() as asked:
        assert str(loaded) == f"{kind} token {token.hint}… of {user.pk}"
    assert asked == []
    assert Token.objects.from_key(str(token)) is None


def test_created_reads_as_created_at(user: Any) -> None:
    token = Token.objects.create(user=user)
    assert token.created == token.created_at
    assert row(token).created == row(token).created_at


def test_a_key_may_be_ascii_bytes(user: Any) -> None:
    token = Token.objects.create(user=user)
    assert Token.objects.from_key(token.key.encode()) == token
    assert Token.objects.from_key(b"\xff") is None


@pytest.mark.parametrize("scopes", ["write", ["read", "write"], "  "])
def test_validation_refuses_undeclared_scopes(user: Any, scopes: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read"}}):
        with pytest.raises(ValidationError) as caught:
            Token(user=user, scopes=scopes).full_clean()
        assert list(caught.value.message_dict) == ["scopes"]
        Token(user=user, scopes=["read"]).full_clean()
        Token(user=user).full_clean()


def test_a_row_without_a_key_is_refused(user: Any) -> None:
    """A data migration's model has no save() of ours."""
    with pytest.raises(ValueError, match="This token has no key"), transaction.atomic():
        Token(user=user).save_base()
    assert not Token.objects.exists()
