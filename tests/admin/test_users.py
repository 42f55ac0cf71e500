"""Tokens on the page of a user: the inlines, the link, and the action on users."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import override_settings
from django.urls import path

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenInlineMixin, UserTokensMixin
from drf_token_auth.signals import token_revoked
from tests.urls import urlpatterns as others

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

Token: Any = get_token_model()
User: Any = get_user_model()


class SafeInline(TokenInlineMixin, admin.TabularInline):
    model = Token


class PlainInline(admin.TabularInline):
    model = Token


class StackedPlainInline(admin.StackedInline):
    model = Token
    fields = ("name", "kind", "scopes", "expires_at")


class People(UserTokensMixin, admin.ModelAdmin):
    fields = (User.USERNAME_FIELD,)
    inlines = (SafeInline,)


class PlainPeople(admin.ModelAdmin):
    fields = (User.USERNAME_FIELD,)
    inlines = (PlainInline,)


class StackedPeople(admin.ModelAdmin):
    fields = (User.USERNAME_FIELD,)
    inlines = (StackedPlainInline,)


def site_with(people: Any) -> Any:
    site = admin.AdminSite(people.__name__.lower())
    site.register(User, people)
    site.register(Token, type(admin.site._registry[Token]))
    return site


SITES = {people: site_with(people) for people in (People, PlainPeople, StackedPeople)}
urlpatterns = [
    *[path(f"{people.__name__}/", site.urls) for people, site in SITES.items()],
    *others,
]
OPTS = User._meta


def page_of(people: Any, user: Any, page: str = "change") -> str:
    return f"/{people.__name__}/{OPTS.app_label}/{OPTS.model_name}/{user.pk}/{page}/"


def post(client: Any, people: Any, user: Any, *, initial: int = 0, **row: Any) -> Any:
    prefix = Token._meta.get_field("user").remote_field.get_accessor_name()
    data = {
        User.USERNAME_FIELD: user.get_username(),
        f"{prefix}-TOTAL_FORMS": 1,
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-0-user": user.pk,
        **{f"{prefix}-0-{name}": value for name, value in row.items()},
    }
    return client.post(page_of(people, user), data)


@pytest.mark.parametrize("people", SITES)
def test_no_inline_makes_a_token(client, staff, user, people):
    page = client.get(page_of(people, user))
    assert page.status_code == 200
    assert re.search(r'MAX_NUM_FORMS" value="0"', page.text)
    assert "-0-name" not in page.text
    post(client, people, user, kind="personal", name="ci")
    assert not Token.objects.exists()


@pytest.mark.parametrize("people", [PlainPeople, StackedPeople])
def test_a_plain_inline_says_why_it_makes_no_token(client, staff, user, people):
    response = post(client, people, user, kind="personal", name="ci", scopes="nonsense")
    assert response.status_code == 200
    assert "it cannot show the key" in response.text
    assert "nonsense" in response.text


@pytest.mark.parametrize("people", SITES)
def test_a_token_deleted_in_an_inline_is_revoked_by_the_staff_member(
    client, staff, user, people, django_capture_on_commit_callbacks
):
    heard = []

    def hear(reason: str, actor: Any, request: Any, **kwargs: Any) -> None:
        heard.append((reason, actor, request.path))

    token_revoked.connect(hear)
    token = Token.objects.create(user=user, kind="personal")
    with django_capture_on_commit_callbacks(execute=True):
        row = {"id": token.pk, "kind": "personal", "DELETE": "on"}
        response = post(client, people, user, initial=1, **row)
    token_revoked.disconnect(hear)
    assert response.status_code == 302
    assert heard == [("admin", staff, page_of(people, user))]
    assert not Token.objects.exists()


def test_an_inline_renames_a_token(client, staff, user):
    token = Token.objects.create(user=user, name="old")
    response = post(client, People, user, initial=1, id=token.pk, name="new")
    assert response.status_code == 302
    assert Token.objects.get().name == "new"


@pytest.mark.parametrize("people", SITES)
def test_no_inline_shows_a_digest(client, staff, user, people):
    token = Token.objects.create(user=user)
    page = client.get(page_of(people, user)).text
    assert token.hint in page
    assert "digest" not in page
    assert bytes(token.digest).hex() not in page


def test_an_inline_costs_the_same_for_one_row_and_for_many(
    client, staff, user, django_assert_num_queries, django_assert_max_num_queries
):
    Token.objects.create(user=user)
    client.get(page_of(People, user))  # Django caches content types.
    with django_assert_max_num_queries(12) as caught:
        client.get(page_of(People, user))
    for _ in range(10):
        Token.objects.create(user=user)
    with django_assert_num_queries(len(caught)):
        client.get(page_of(People, user))


def test_the_page_links_to_the_users_tokens(client, staff, user, other_user):
    for one in (user, user, other_user):
        Token.objects.create(user=one)
    page = client.get(page_of(People, user)).text
    link = f"/People/{Token._meta.app_label}/{Token._meta.model_name}/?user__exact={user.pk}"
    assert f'<a href="{link}">2 usable tokens</a>' in page
    assert len(client.get(link).context["cl"].queryset) == 2


def revoke_all(client: Any, *users: Any) -> Any:
    data = {"action": "revoke_all_tokens", "_selected_action": [one.pk for one in users]}
    return client.post(f"/People/{OPTS.app_label}/{OPTS.model_name}/", data)


def test_the_action_revokes_all_tokens_of_the_users(client, staff, user, other_user):
    for one in (user, user, other_user, staff):
        Token.objects.create(user=one)
    Token.objects.create(user=user, kind="personal")
    response = revoke_all(client, user, other_user)
    assert [str(one) for one in get_messages(response.wsgi_request)] == ["4 tokens were revoked."]
    assert [token.user for token in Token.objects.all()] == [staff]
    assert LogEntry.objects.count() == 4


def test_the_action_refuses_to_revoke_more_than_the_limit(client, staff, user, monkeypatch):
    monkeypatch.setattr(People, "max_revoked", 1)
    for _ in range(2):
        Token.objects.create(user=user)
    [message] = get_messages(revoke_all(client, user).wsgi_request)
    assert "manage.py revoke_tokens" in str(message)
    assert Token.objects.count() == 2


def test_the_action_leaves_out_none_of_many_users(client, staff, user, other_user, monkeypatch):
    """Users without tokens count too. Otherwise the tokens of the last users would be forgotten."""
    monkeypatch.setattr(People, "max_revoked", 1)
    Token.objects.create(user=other_user)
    [message] = get_messages(revoke_all(client, staff, user, other_user).wsgi_request)
    assert "manage.py revoke_tokens" in str(message)
    assert Token.objects.count() == 1


@override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"})
@pytest.mark.parametrize("people", SITES)
def test_an_inline_makes_no_token_over_the_limit(client, staff, user, people):
    token = Token.objects.create(user=user, kind="personal")
    post(client, people, user, kind="personal", name="second")
    assert list(Token.objects.all()) == [token]
