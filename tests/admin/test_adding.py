"""Create a token in the admin: the allowed users, the fresh login, and the errors of the form."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import RequestFactory, override_settings
from django.utils import timezone

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAddForm
from drf_token_auth.admin.rights import may_act_as
from drf_token_auth.keys import HiddenText
from drf_token_auth.logins.age import _LOGIN_AT
from tests.admin.pages import add, errors, permit, url
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SCOPES = override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read all", "write": "Write all"}})


def make_login_old(client: Any) -> None:
    session = client.session
    session[_LOGIN_AT] -= 3600
    session.save()


def form_of(client: Any) -> Any:
    return client.get(url("add")).context["adminform"].form


def test_the_form_starts_with_a_personal_token_and_its_default_lifetime(client, staff):
    form = form_of(client)
    assert form.get_initial_for_field(form.fields["kind"], "kind") == "personal"
    left = form.get_initial_for_field(form.fields["expires_at"], "expires_at") - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_the_form_has_one_save_button(client, staff):
    page = client.get(url("add")).text
    assert 'name="_save"' in page
    assert "_addanother" not in page
    assert "_continue" not in page


def test_a_link_can_fill_in_the_form(client, staff):
    form = client.get(url("add"), {"name": "ci", "kind": "login"}).context["adminform"].form
    assert form.get_initial_for_field(form.fields["name"], "name") == "ci"
    assert form.get_initial_for_field(form.fields["kind"], "kind") == "login"


def test_a_project_can_choose_the_form_in_get_form(rf, staff):
    class OwnForm(TokenAddForm):
        pass

    request = rf.get("/")
    request.user, request.session = staff, {}
    model_admin = admin.site._registry[get_token_model()]
    assert issubclass(model_admin.get_form(request, form=OwnForm), OwnForm)


@SCOPES
def test_a_wrong_scope_gets_one_message(client, staff, user):
    assert errors(add(client, user, scopes=["admin"])) == {
        "scopes": ["SCOPES does not declare: admin."]
    }


def test_a_user_whose_permissions_are_unknown_may_do_more_than_staff():
    staff = SimpleNamespace(pk=1, is_superuser=False, get_all_permissions=lambda: {"all"})
    assert not may_act_as(staff, SimpleNamespace(pk=2, is_superuser=False))
    assert not may_act_as(staff, SimpleNamespace(pk=2))
    assert may_act_as(staff, SimpleNamespace(pk=1))


@SCOPES
def test_scopes_are_checkboxes_with_their_descriptions(client, staff, user):
    page = client.get(url("add")).text
    assert 'type="checkbox" name="scopes" value="read"' in page
    assert "read: Read all" in page
    add(client, user, scopes=["write", "read"])
    assert get_token_model().objects.get().scope_list == ["read", "write"]


@SCOPES
def test_no_ticked_box_does_not_mean_full_access(client, staff, user):
    assert "scopes" in errors(add(client, user))
    assert "scopes" in errors(add(client, user, scopes=["read"], full_access="on"))
    assert not get_token_model().objects.exists()
    add(client, user, full_access="on")
    assert get_token_model().objects.get().scopes is None


def test_an_expiry_in_the_past_is_an_error_at_its_field(client, staff, user):
    response = add(client, user, expires_at_0="2020-01-01", expires_at_1="00:00:00")
    assert errors(response)["expires_at"] == ["The expiry must be in the future."]
    assert not get_token_model().objects.exists()


def test_a_reload_makes_no_second_token(client, staff, user, other_user):
    add(client, user)
    assert "name" in errors(add(client, user))
    assert get_token_model().objects.count() == 1
    # The name is free for another user, and for a login token.
    add(client, other_user)
    add(client, user, kind="login")
    assert get_token_model().objects.count() == 3


def test_two_tokens_may_have_no_name(client, staff, user):
    add(client, user, name="")
    add(client, user, name="")
    assert get_token_model().objects.count() == 2


def test_the_key_page_shows_the_user_and_the_expiry(client, staff, user):
    response = add(client, user, expires_at_0="2099-01-02", expires_at_1="00:00:00")
    assert "expires on Jan. 2, 2099" in response.text
    assert str(user) in response.text
    assert 'id="copy-key"' in response.text


def test_the_key_page_works_under_a_strict_policy(client, staff, user):
    page = add(client, user).text
    content = page.partition('<div id="content-main"')[2].partition("<footer")[0]
    assert "dta_" in content
    assert re.findall(r"<style|\s(?:style|on\w+)=|<script(?![^>]*\ssrc=)", content) == []


def test_the_template_gets_the_key_as_hidden_text(client, staff, user):
    assert isinstance(add(client, user).context["key"], HiddenText)


# The users that staff may make tokens for


def test_a_clerk_makes_no_token_for_a_superuser(client, user, staff):
    permit(user, "add", "view")
    client.force_login(user)
    response = add(client, staff)
    assert "more than you" in errors(response)["user"][0]
    assert "dta_" not in response.text
    assert not get_token_model().objects.exists()


def test_a_clerk_makes_no_token_for_a_user_with_another_permission(client, user, other_user):
    permit(user, "add", "view")
    client.force_login(user)
    other_user.user_permissions.add(Permission.objects.get(codename="delete_user"))
    assert "user" in errors(add(client, other_user))
    other_user.user_permissions.clear()
    assert "dta_" in add(client, other_user).text


def test_the_permissions_of_an_inactive_user_count(client, user, other_user):
    permit(user, "add", "view")
    client.force_login(user)
    other_user.user_permissions.add(Permission.objects.get(codename="delete_user"))
    other_user.is_active = False
    other_user.save()
    assert "user" in errors(add(client, other_user))
    assert not get_token_model().objects.exists()


def test_a_clerk_makes_a_token_for_themselves(client, user):
    permit(user, "add", "view")
    client.force_login(user)
    assert "dta_" in add(client, user).text


def test_the_key_page_leads_a_clerk_who_may_not_list_tokens_to_the_index(client, user):
    permit(user, "add")
    client.force_login(user)
    response = add(client, user)
    assert client.get(response.context["done_url"]).status_code == 200
    permit(user, "add", "view")
    assert add(client, user, name="other").context["done_url"] == url("changelist")


def test_a_project_can_decide_for_whom_staff_make_tokens(client, staff, user, monkeypatch):
    model_admin = admin.site._registry[get_token_model()]
    monkeypatch.setattr(model_admin, "may_issue_for", lambda request, user: False)
    assert "user" in errors(add(client, user))


# A fresh login


def test_the_form_asks_for_the_password_if_the_login_is_stale(client, staff, user):
    assert "password" not in form_of(client).fields
    make_login_old(client)
    assert "password" in form_of(client).fields
    assert "password" in errors(add(client, user))
    assert errors(add(client, user, password="wrong"))["password"] == ["This is not your password."]
    assert not get_token_model().objects.exists()
    assert "dta_" in add(client, user, password=PASSWORD).text
    # The login is fresh again.
    assert "password" not in form_of(client).fields


def test_the_password_is_not_shown_again(client, staff, user):
    make_login_old(client)
    response = add(client, user, password=PASSWORD, kind="nonsense")
    assert list(errors(response)) == ["kind"]
    assert PASSWORD not in response.text


def test_staff_without_a_password_log_in_again_if_the_login_is_stale(client, staff, user):
    staff.set_unusable_password()
    staff.save()
    client.force_login(staff)
    make_login_old(client)
    response = add(client, user)
    assert "Log out and log in again" in errors(response)["__all__"][0]
    assert not get_token_model().objects.exists()


@pytest.mark.parametrize("mark", ["hijack_history", "loginas_from_user"])
def test_staff_who_act_as_a_superuser_are_not_asked_for_a_password(client, staff, user, mark):
    session = client.session
    session[mark] = ["1"]
    session.save()
    assert "password" not in form_of(client).fields
    assert "__all__" in errors(add(client, user, password=PASSWORD))
    assert not get_token_model().objects.exists()


@override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": None})
def test_without_recent_login_the_form_asks_for_no_password(client, staff, user):
    make_login_old(client)
    assert "dta_" in add(client, user).text


# Choose a user


class SearchableUsers(admin.ModelAdmin):
    search_fields = ("email",)


class PlainUsers(admin.ModelAdmin):
    pass


class HiddenUsers(SearchableUsers):
    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def autocompleted(users: Any) -> list[str]:
    site = admin.AdminSite()
    if users is not None:
        site.register(get_user_model(), users)
    registered = type(admin.site._registry[get_token_model()])
    request: Any = RequestFactory().get("/")
    request.user = get_user_model()(is_active=True, is_superuser=True)
    model_admin = registered(get_token_model(), site)
    assert model_admin.check() == []
    return list(model_admin.get_autocomplete_fields(request))


def test_the_user_field_completes_names_if_the_site_can():
    assert autocompleted(SearchableUsers) == ["user"]


@pytest.mark.parametrize("users", [None, PlainUsers, HiddenUsers])
def test_the_user_field_takes_an_id_if_the_site_cannot_complete_names(users):
    assert autocompleted(users) == []


def test_the_form_asks_for_the_id_of_a_user_who_is_not_in_the_admin(client, staff):
    is_in_the_admin = get_user_model() in admin.site._registry
    takes_the_id = '<input type="text" name="user"' in client.get(url("add")).text
    assert takes_the_id is not is_in_the_admin
