"""Code for ``rest_framework.authtoken``, as the table of docs/moving-in/code.md shows it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError
from django.db.models.signals import post_save
from django.shortcuts import get_object_or_404
from django.template import Context, Template
from rest_framework.serializers import CharField, ModelSerializer, Serializer

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import KeyNotShown
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
Token = get_token_model()
KEY = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"


@pytest.fixture
def loaded(user: Any) -> Any:
    Token.objects.create(user=user, key=KEY)
    return Token.objects.get(user=user)


class KeySerializer(ModelSerializer[Any]):
    class Meta:
        model = Token
        fields = ("key",)


class RequiredKeySerializer(Serializer[Any]):
    key = CharField()


def test_a_printed_token_shows_no_key(user, loaded, capsys):
    made = Token.objects.create(user=user)
    print(made, loaded, repr(made), repr(loaded))  # noqa: T201 -- people do
    said = capsys.readouterr().out
    assert f"token {made.key[4:8]}… of" in said
    assert "token 9944… of" in said
    assert made.key not in said
    assert KEY not in said


def test_a_new_token_shows_its_key(user):
    token = Token.objects.create(user=user)
    assert len(token.key) == 40
    assert KeySerializer(token).data == {"key": token.key}


def test_a_loaded_token_says_why_it_has_no_key(loaded):
    with pytest.raises(KeyNotShown, match="holds only a digest of its key"):
        _ = loaded.key
    assert Template("{{ token.key }}").render(Context({"token": loaded})) == ""
    assert not hasattr(loaded, "key")


def test_a_serializer_does_not_answer_null_for_a_missing_key(loaded):
    # DRF leaves out a read-only field whose value raises AttributeError.
    assert KeySerializer(loaded).data == {}
    with pytest.raises(AttributeError, match="holds only a digest of its key"):
        _ = RequiredKeySerializer(loaded).data


@pytest.mark.parametrize(
    "look_up",
    [
        lambda user: Token.objects.get(key=KEY),
        lambda user: Token.objects.select_related("user").get(key=KEY),
        lambda user: Token.objects.filter(key=KEY).exists(),
        lambda user: Token.objects.exclude(key=KEY).exists(),
        lambda user: Token.objects.filter(key__startswith=KEY[:8]).first(),
        lambda user: Token.objects.filter(key__in=[KEY]).delete(),
        lambda user: Token.objects.get_or_create(user=user, key=KEY),
        lambda user: Token.objects.update_or_create(key=KEY, defaults={"user": user}),
        lambda user: get_object_or_404(Token, key=KEY),
    ],
)
def test_the_error_for_a_lookup_by_key_names_from_key(user, loaded, look_up):
    with pytest.raises(FieldError, match=r"Use objects\.from_key\(key\)"):
        look_up(user)
    assert Token.objects.from_key(KEY) == loaded
    assert Token.objects.from_key(KEY).user == user
    assert Token.objects.from_key("another") is None


def test_get_raises_for_several_tokens_of_a_user(user, loaded):
    assert Token.objects.get(user=user) == loaded
    Token.objects.create(user=user)
    with pytest.raises(Token.MultipleObjectsReturned):
        Token.objects.get(user=user)
    assert Token.objects.filter(user=user).usable().count() == 2


def test_a_template_that_shows_a_token_shows_no_key(loaded):
    assert KEY not in Template("{{ token }}").render(Context({"token": loaded}))


def test_replace_regenerates_a_key(user):
    first = operations.replace(user, name="API key")
    second = operations.replace(user, name="API key")
    assert Token.objects.from_key(first.key) is None
    assert Token.objects.from_key(second.key) == second


def test_select_related_of_auth_token_is_an_error(user):
    with pytest.raises(FieldError, match="auth_token"):
        get_user_model().objects.select_related("auth_token").get(pk=user.pk)
    assert not Token.objects.filter(user=user).usable().exists()


def test_a_users_tokens_are_found_by_a_filter(user, loaded):
    with pytest.raises(AttributeError, match="has no attribute 'auth_token'"):
        _ = user.auth_token
    assert list(Token.objects.filter(user=user)) == [loaded]
    loaded.delete()
    assert Token.objects.from_key(KEY) is None


def test_get_or_create_shows_only_the_key_of_a_new_token(user):
    token, is_new = Token.objects.get_or_create(user=user)
    assert is_new
    assert Token.objects.from_key(token.key) == token
    again, is_new = Token.objects.get_or_create(user=user)
    assert (again, is_new) == (token, False)
    with pytest.raises(KeyNotShown):
        _ = again.key


def test_a_receiver_makes_a_token_for_a_new_user():
    def create_auth_token(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
        if created:
            Token.objects.create(user=instance)

    post_save.connect(create_auth_token, sender=get_user_model())
    try:
        grace = make_user("grace")
    finally:
        post_save.disconnect(create_auth_token, sender=get_user_model())
    assert Token.objects.filter(user=grace).count() == 1


def test_created_is_the_same_as_created_at(loaded):
    assert loaded.created == loaded.created_at
