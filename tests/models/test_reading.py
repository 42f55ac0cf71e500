"""Read a token: its label, its dates and its key. Without a key, the error says why."""

from __future__ import annotations

import subprocess
import sys
import traceback
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template import Context, Template
from django.test import override_settings
from django.utils import translation
from rest_framework import serializers

from drf_token_auth import get_token_model
from drf_token_auth.exceptions import KeyNotShown
from tests.conftest import make_user
from tests.lives import status_of
from tests.queries import queries

Token = get_token_model()
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["login", "personal"])
def made(request: Any) -> Any:
    return Token.objects.create(user=make_user(), kind=request.param)


@pytest.fixture
def loaded(made: Any) -> Any:
    return Token.objects.get(pk=made.pk)


def label(kind: str, hint: str, user: Any) -> str:
    return f"{kind} token {hint}… of {user}"


def test_the_label_names_kind_hint_and_user(made: Any) -> None:
    assert str(made) == label(made.kind, made.hint, made.user.get_username())
    assert made.key[8:] not in str(made)
    assert made.key[8:] not in repr(made)


def test_the_label_costs_no_query(loaded: Any) -> None:
    bare = Token.objects.only("pk").get()
    with queries() as asked:
        assert str(loaded) == label(loaded.kind, loaded.hint, loaded.user_id)
        assert str(bare) == " token … of None"
    assert asked == []


def test_the_label_of_a_token_without_a_user_names_none() -> None:
    assert str(Token()) == label("login", "", None)


def test_the_label_is_translated(made: Any) -> None:
    with translation.override("ko"):
        kind = {"login": "로그인", "personal": "개인"}[made.kind]
        assert str(made) == f"{made.user.get_username()}의 {kind} 토큰 {made.hint}…"


def test_the_label_is_not_a_key(made: Any) -> None:
    assert status_of(str(made)) == 401


def test_created_is_created_at(made: Any, loaded: Any) -> None:
    assert made.created == made.created_at
    assert loaded.created == loaded.created_at


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("[{{ token.key }}]", "[]"),
        ("[{% if token.key %}yes{% endif %}]", "[]"),
        ("[{{ token.key|default:'-' }}]", "[-]"),
    ],
)
def test_a_template_shows_nothing_for_an_unreadable_key(
    loaded: Any, template: str, shown: str
) -> None:
    assert Template(template).render(Context({"token": loaded})) == shown


def test_a_template_shows_the_key_of_a_new_token(made: Any) -> None:
    assert Template("{{ token.key }}").render(Context({"token": made})) == made.key


@pytest.mark.parametrize("debug", [True, False])
def test_the_console_says_why_a_serializer_lacks_the_key(
    made: Any, loaded: Any, settings: Any, caplog: Any, debug: bool
) -> None:
    class KeySerializer(serializers.ModelSerializer):
        class Meta:
            model = Token
            fields = ["key", "kind"]

    settings.DEBUG = debug
    assert KeySerializer(made).data == {"key": made.key, "kind": made.kind}
    assert KeySerializer(loaded).data == {"kind": made.kind}
    said = [one for one in caplog.messages if "operations.issue(user)" in one]
    assert len(said) == (1 if debug else 0)


def test_the_error_names_the_code_to_write(loaded: Any) -> None:
    with pytest.raises(KeyNotShown, match=r"operations\.issue\(user\).*LoginView"):
        _ = loaded.key
    assert not hasattr(loaded, "key")


def test_the_error_of_an_unsaved_token_says_to_save_it() -> None:
    with pytest.raises(KeyNotShown, match="Save it first"):
        _ = Token().key


def test_python_suggests_no_private_name(loaded: Any) -> None:
    try:
        _ = loaded.key
    except KeyNotShown as error:
        printed = "".join(traceback.format_exception(error))
    assert "Did you mean" not in printed


def test_python_suggests_no_private_name_in_the_interpreter() -> None:
    """The interpreter has its own code to print the last traceback."""
    code = (
        "from drf_token_auth.exceptions import KeyNotShown\n"
        "class Token:\n"
        "    _key = None\n"
        "    key = property(lambda self: (_ for _ in ()).throw(KeyNotShown('save it')))\n"
        "Token().key\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("KeyNotShown: save it\n")


@pytest.mark.parametrize("key", ["text", "bytes"])
def test_a_key_may_be_bytes(made: Any, key: str) -> None:
    presented = made.key if key == "text" else made.key.encode()
    assert Token.objects.from_key(presented) == made


@pytest.mark.parametrize("key", [b"", b"\xff\xfe", "é".encode(), b"dta_", bytearray(b"x"), 7, None])
def test_a_malformed_key_finds_no_token(made: Any, key: Any) -> None:
    assert Token.objects.from_key(key) is None


@pytest.mark.parametrize("scopes", ["write", ["read", "write"], "  "])
def test_validation_refuses_undeclared_scopes(user: Any, scopes: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read"}}):
        with pytest.raises(ValidationError) as caught:
            Token(user=user, scopes=scopes).full_clean()
        assert list(caught.value.message_dict) == ["scopes"]
        Token(user=user, scopes=["read"]).full_clean()
        Token(user=user).full_clean()


def test_a_row_without_a_key_is_refused(user: Any) -> None:
    """The model in a data migration does not have the package's ``save()``."""
    with pytest.raises(ValueError, match="This token has no key"), transaction.atomic():
        Token(user=user).save_base()
    assert not Token.objects.exists()
