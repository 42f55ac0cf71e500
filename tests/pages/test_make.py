"""Create an API token: the form, the limits, and the answer that shows the key."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.lives import at, status_of

Token = get_token_model()
NEW = "/account/api-tokens/new/"
DAY = timedelta(days=1)
MONTH = str(int((30 * DAY).total_seconds()))
SCOPES = {"read": "Read your notes", "write": "Write <b>your</b> notes"}


def make(page: Client, **data: Any) -> Any:
    return page.post(NEW, {"name": "deploy", "lifetime": MONTH, **data})


def key_in(response: Any) -> str:
    [key] = re.findall(r'id="token-key"[^>]*>([^<]+)<', response.content.decode())
    return key


def errors(response: Any) -> dict[str, Any]:
    assert response.status_code == 200
    return {
        name: [str(one) for one in found] for name, found in response.context["form"].errors.items()
    }


def test_the_answer_to_the_post_has_a_key_that_works(page: Client, user: Any) -> None:
    response = make(page)
    assert response.status_code == 200
    key = key_in(response)
    assert status_of(key) == 200
    assert "Your new API token: deploy</h1>" in response.content.decode()
    assert response.context["done_url"] == "/account/api-tokens/"
    token = Token.objects.get()
    assert (token.user_id, token.kind, token.name, token.scopes) == (
        user.pk,
        "personal",
        "deploy",
        None,
    )
    assert response.content.decode().count(key) == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"expires_on": "2999-01-01"}, "The latest possible day is"),
        ({"lifetime": "date", "expires_on": "31/12"}, "Enter a valid date."),
        ({"lifetime": "date"}, "Choose a day."),
    ],
)
def test_a_wrong_day_gets_one_message(page: Client, data: Any, text: str) -> None:
    [message] = errors(make(page, **data))["expires_on"]
    assert text in message
    assert not Token.objects.exists()


def test_a_day_beside_another_lifetime_is_an_error(page: Client) -> None:
    tomorrow = (timezone.localdate() if settings.USE_TZ else date.today()) + DAY
    [message] = errors(make(page, expires_on=tomorrow.isoformat()))["expires_on"]
    assert message == "You chose a lifetime, and also a day. Please choose one of the two."
    assert not Token.objects.exists()


@pytest.mark.parametrize("days", ["²", "-1", "0", "x", "7.5"])
def test_a_link_with_a_wrong_number_of_days_opens_the_form(page: Client, days: str) -> None:
    form = page.get(NEW, {"days": days}).context["form"]
    assert form["lifetime"].initial == str(int((90 * DAY).total_seconds()))


def test_the_lifetime_is_as_chosen(page: Client) -> None:
    now = timezone.now()
    with at(now):
        make(page)
    assert Token.objects.get().expires_at == now + 30 * DAY


def test_the_default_lifetime_is_personal_ttl(page: Client) -> None:
    with override_settings(DRF_TOKEN_AUTH={"PERSONAL_TTL": timedelta(hours=12)}):
        form = page.get(NEW).context["form"]
    assert form["lifetime"].value() == "43200"
    labels = dict(form.fields["lifetime"].choices)
    assert labels["43200"].startswith("12 hours, until ")


def test_never_is_offered_only_without_a_maximum(page: Client) -> None:
    assert make(page, lifetime="never").status_code == 200
    assert Token.objects.get().expires_at is None
    with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": 45 * DAY}):
        form = page.get(NEW).context["form"]
        days = [
            int(value) / 86_400 for value, _ in form.fields["lifetime"].choices if value.isdigit()
        ]
        assert days == [7, 30, 45]
        assert form["lifetime"].value() == str(45 * 86_400)
        assert "At most 45 days." in form.fields["lifetime"].help_text
        assert "lifetime" in errors(make(page, name="other", lifetime="never"))


def test_a_token_works_until_the_chosen_day_ends_in_the_projects_time_zone(page: Client) -> None:
    now = timezone.now()
    today = timezone.localtime(now).date() if timezone.is_aware(now) else now.date()
    make(page, lifetime="date", expires_on=str(today + 10 * DAY))
    moment = Token.objects.get().expires_at
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    assert local.date() == today + 10 * DAY
    assert (local.hour, local.minute) == (23, 59)


@pytest.mark.parametrize("day", ["", "2020-01-01", "9999-12-31", "tomorrow"])
def test_a_wrong_day_is_an_error_at_the_field(page: Client, day: str) -> None:
    assert list(errors(make(page, lifetime="date", expires_on=day))) == ["expires_on"]
    assert not Token.objects.exists()


def test_a_day_and_a_preset_are_an_error(page: Client) -> None:
    assert list(errors(make(page, expires_on="2999-01-01"))) == ["expires_on"]


class TestScopes:
    @pytest.fixture(autouse=True)
    def _scopes(self, settings: Any) -> None:
        settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}

    def test_nothing_is_chosen_for_the_user(self, page: Client) -> None:
        response = page.get(NEW)
        assert response.context["form"]["access"].value() is None
        assert "Read your notes <code>read</code>" in response.content.decode()
        assert "Write &lt;b&gt;your&lt;/b&gt; notes" in response.content.decode()
        assert list(errors(make(page))) == ["access"]

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"access": "only"}, "scopes"),
            ({"access": "everything", "scopes": ["read"]}, "access"),
            ({"access": "only", "scopes": ["admin"]}, "scopes"),
        ],
    )
    def test_contradictory_input_is_an_error(self, page: Client, data: Any, field: str) -> None:
        found = errors(make(page, **data))
        assert {name: len(texts) for name, texts in found.items()} == {field: 1}
        assert not Token.objects.exists()

    def test_only_the_chosen_scopes_are_stored(self, page: Client) -> None:
        make(page, access="only", scopes=["read"])
        assert Token.objects.get().scope_list == ["read"]

    def test_a_token_for_everything_has_no_list_of_scopes(self, page: Client) -> None:
        make(page, access="everything")
        assert Token.objects.get().scope_list is None


class TestNames:
    def test_the_same_form_sent_twice_makes_one_token(self, page: Client) -> None:
        make(page)
        assert errors(make(page)) == {"name": ["You already have an API token with this name."]}
        assert Token.objects.count() == 1

    def test_a_name_is_free_again_when_its_token_is_revoked(self, page: Client) -> None:
        make(page)
        Token.objects.all().delete()
        assert key_in(make(page))

    def test_the_name_of_a_device_or_of_another_users_token_is_free(
        self, page: Client, user: Any, other_user: Any
    ) -> None:
        operations.issue(user, name="deploy")
        operations.issue(other_user, kind="personal", name="deploy")
        assert key_in(make(page))

    @pytest.mark.parametrize("name", ["", "   ", "\u200b\u200b", "x" * 65, "a\x00b"])
    def test_a_wrong_name_is_an_error_at_the_field(self, page: Client, name: str) -> None:
        assert list(errors(make(page, name=name))) == ["name"]


class TestLimit:
    def test_at_the_limit_the_form_names_the_token_to_be_revoked(
        self, page: Client, user: Any
    ) -> None:
        with at(timezone.now() - DAY):
            operations.issue(user, kind="personal", name="first")
        operations.issue(user, kind="personal", name="second")
        with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 2}):
            text = page.get(NEW).content.decode()
            assert "longest time is revoked: first." in text
            assert "second" not in text
            make(page)
        assert set(Token.objects.values_list("name", flat=True)) == {"second", "deploy"}

    @override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"})
    def test_at_a_strict_limit_there_is_no_form(self, page: Client, personal: Any) -> None:
        text = page.get(NEW).content.decode()
        assert "Revoke a token before" in text
        assert 'name="lifetime"' not in text
        assert "/new/" not in page.get("/account/api-tokens/").content.decode()
        assert "__all__" in errors(make(page))
        assert Token.objects.get() == personal


def test_a_link_can_fill_the_form_in(page: Client) -> None:
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": SCOPES}):
        form = page.get(f"{NEW}?name=ci&days=7&scope=read&scope=nonsense").context["form"]
    assert form["name"].value() == "ci"
    assert form["lifetime"].value() == str(7 * 86_400)
    assert form["access"].value() == "only"
    assert form["scopes"].value() == ["read", "nonsense"]
