"""A project's own admin of tokens: columns that can be edited in the list, and copies."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.urls import path
from django.utils import timezone

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdminMixin
from tests.admin.pages import permit
from tests.urls import urlpatterns as others

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

Token: Any = get_token_model()
OPTS = Token._meta


class Editable(TokenAdminMixin, admin.ModelAdmin):
    list_display = ("id", "name", "kind", "user", "scopes", "expires_at", "last_used_at")
    list_editable = ("name", "kind", "user", "scopes", "expires_at")


class Copying(TokenAdminMixin, admin.ModelAdmin):
    save_as = True


class Plain(admin.ModelAdmin):
    # Without this, the checks of other tests would find drf_token_auth.W021.
    readonly_fields = ("user",)


SITES = {}
for own in (Editable, Copying, Plain):
    SITES[own] = admin.AdminSite(own.__name__.lower())
    SITES[own].register(Token, own)
urlpatterns = [
    *[path(f"{own.__name__}/", site.urls) for own, site in SITES.items()],
    *others,
]


def url(own: Any, page: str = "") -> str:
    return f"/{own.__name__}/{OPTS.app_label}/{OPTS.model_name}/{page}"


def save_list(client: Any, token: Any, **row: Any) -> Any:
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": token.pk, "_save": "Save"}
    data |= {f"form-0-{name}": value for name, value in row.items()}
    return client.post(url(Editable), data)


def test_a_name_in_the_list_is_saved_and_nothing_else(client, staff, user):
    token = Token.objects.create(user=user, name="old")
    before = Token.objects.filter(pk=token.pk).values().get()
    page = client.get(url(Editable)).text
    assert 'name="form-0-name"' in page
    for column in ("kind", "user", "scopes", "expires_at_0"):
        assert f'name="form-0-{column}"' not in page
    row = {"name": "new", "user": staff.pk, "kind": "personal", "scopes": "read"}
    row |= {"expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}
    assert save_list(client, token, **row).status_code == 302
    assert Token.objects.filter(pk=token.pk).values().get() == {**before, "name": "new"}


def test_a_use_during_a_save_is_not_overwritten(client, staff, user):
    token = Token.objects.create(user=user, name="old")
    now = timezone.now()

    def use(sender: Any, **kwargs: Any) -> None:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)

    from django.db.models.signals import pre_save

    pre_save.connect(use, sender=Token)
    try:
        save_list(client, token, name="new")
    finally:
        pre_save.disconnect(use, sender=Token)
    token.refresh_from_db()
    assert (token.name, token.last_used_at) == ("new", now)


def test_a_viewer_cannot_edit_in_the_list(client, user):
    permit(user, "view")
    client.force_login(user)
    token = Token.objects.create(user=user, name="old")
    assert 'name="form-0-name"' not in client.get(url(Editable)).text
    save_list(client, token, name="new")
    assert Token.objects.get().name == "old"


def test_every_page_of_another_site_leads_to_its_own_pages(client, staff, user):
    token = Token.objects.create(user=user)
    select = {"action": "delete_selected", "_selected_action": [token.pk]}
    data = {"user": user.pk, "kind": "login", "scopes": "", "expires_at_0": "", "expires_at_1": ""}
    for page in (
        client.get(url(Copying)),
        client.post(url(Copying, "find/"), {"key": token.key}),
        client.post(url(Copying), select),
        client.post(url(Copying, "add/"), data),
    ):
        links = re.findall(r'href="(/[^"]*)"', page.text.partition("<body")[2])
        pages = {one for one in links if not re.search("/logout/|/static/|^/$", one)}
        assert url(Copying) in pages
        assert all(one.startswith("/Copying/") for one in pages), pages


def copy(client: Any, token: Any) -> Any:
    """Press "Save as new" on the page of this token."""
    data = {"user": token.user_id, "kind": "personal", "name": "copy", "scopes": ""}
    data |= {"expires_at_0": "", "expires_at_1": "", "_saveasnew": "1"}
    return client.post(url(Copying, f"{token.pk}/change/"), data)


def test_a_copy_is_refused_if_a_new_token_would_be(client, user, staff):
    permit(user, "add", "change", "view")
    client.force_login(user)
    theirs = Token.objects.create(user=staff, kind="personal", name="root")
    assert "dta_" not in copy(client, theirs).text
    assert list(Token.objects.all()) == [theirs]


def test_a_copy_is_a_new_token_with_a_key_of_its_own(client, user, staff):
    copied = Token.objects.create(user=user, kind="personal", name="original")
    before = Token.objects.filter(pk=copied.pk).values().get()
    response = copy(client, copied)
    assert response.status_code == 200
    new = Token.objects.exclude(pk=copied.pk).get()
    assert (new.user, new.kind, new.name) == (user, "personal", "copy")
    assert Token.objects.from_key(response.context["key"]) == new
    assert response.context["key"] in response.text
    assert Token.objects.filter(pk=copied.pk).values().get() == before
    assert Token.objects.from_key(copied.key) == copied


@pytest.mark.parametrize("text", ["\x00", "x" * 10_000, "x" * 60_000, "%", "#", "##1", "9" * 5000])
def test_any_text_in_the_query_string_gets_an_answer(client, staff, user, text):
    Token.objects.create(user=user, name="phone")
    for query in ({"q": text}, {"p": text}, {"o": text}, {"lifetime": text}, {"user__exact": text}):
        assert client.get(url(Editable), query).status_code in {200, 302}


def test_the_page_of_a_token_redirects_after_its_user_is_deleted(client, staff, user):
    token = Token.objects.create(user=user)
    assert client.get(url(Editable, f"{token.pk}/change/")).status_code == 200
    user.delete()
    assert client.get(url(Editable, f"{token.pk}/change/")).status_code == 302


# The swapped model has a column of the project's own.
if OPTS.app_label == "apitokens":

    def test_a_column_of_the_projects_own_is_saved_in_the_list(client, staff, user, monkeypatch):
        monkeypatch.setattr(Editable, "list_display", ("id", "team"))
        monkeypatch.setattr(Editable, "list_editable", ("team",))
        token = Token.objects.create(user=user)
        save_list(client, token, team="blue")
        assert Token.objects.get().team == "blue"


@pytest.mark.parametrize("page", ["", "?q=x", "add/"])
def test_an_admin_without_our_mixin_shows_djangos_pages(client, staff, user, page):
    Token.objects.create(user=user)
    assert client.get(url(Plain, page)).status_code == 200
