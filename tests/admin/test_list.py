"""The list of tokens in the admin: its queries, its columns, its filters and its search."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drf_token_auth import get_token_model
from drf_token_auth.admin import pagination
from tests.admin.pages import url

pytestmark = pytest.mark.django_db


def listed(client: Any, **query: Any) -> list[Any]:
    return list(client.get(url("changelist"), query).context["cl"].queryset)


def states(client: Any) -> dict[Any, str]:
    changelist = client.get(url("changelist")).context["cl"]
    return {one.pk: str(changelist.model_admin.state(one)) for one in changelist.queryset}


def queries(client: Any) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url("changelist")).status_code == 200
    return [one["sql"] for one in caught]


def test_the_list_costs_the_same_for_one_row_and_for_many(client, staff, user_factory):
    model = get_token_model()
    model.objects.create(user=staff)
    before = len(queries(client))
    for number in range(30):
        model.objects.create(user=user_factory(f"user{number}"))
    assert len(queries(client)) == before <= 8


def test_no_query_counts_the_whole_table(client, staff):
    counts = [sql for sql in queries(client) if "COUNT(" in sql.upper()]
    assert counts
    assert all(f"LIMIT {pagination.COUNTED + 1}" in sql for sql in counts)


@pytest.mark.parametrize("separator", [False, True])
def test_a_list_of_more_than_10000_tokens_says_so(
    client, staff, user, monkeypatch, settings, separator
):
    settings.USE_THOUSAND_SEPARATOR = separator
    get_token_model().objects.bulk_create([get_token_model()(user=user) for _ in range(10_001)])
    page = client.get(url("changelist"))
    words = "&gt;10,000 tokens" if separator else "more than 10,000 tokens"
    assert words in page.text
    assert client.get(url("changelist"), {"p": 100}).status_code == 200


def test_the_newest_token_comes_first(client, staff, user):
    older, newer = [get_token_model().objects.create(user=user) for _ in range(2)]
    assert list(client.get(url("changelist")).context["cl"].result_list) == [newer, older]


def test_the_state_of_each_token_costs_no_query(client, staff, user, other_user):
    model = get_token_model()
    now = timezone.now()
    made = {
        "usable": model.objects.create(user=user),
        "expired": model.objects.create(user=user, expires_at=now - timedelta(days=1)),
        "user inactive": model.objects.create(user=other_user),
        "password changed": model.objects.create(user=user),
    }
    model.objects.filter(pk=made["password changed"].pk).update(user_stamp="of another")
    other_user.is_active = False
    other_user.save()
    assert states(client) == {token.pk: state for state, token in made.items()}


@override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None})
def test_without_recorded_uses_the_list_has_no_last_use(client, staff, user):
    get_token_model().objects.create(user=user)
    page = client.get(url("changelist")).text
    assert "column-expires" in page
    assert "column-last_used" not in page
    assert "not used for" not in page


def test_the_filter_by_lifetime_finds_the_tokens_of_each_choice(client, staff, user):
    model = get_token_model()
    now = timezone.now()
    soon, later, never, past = (
        model.objects.create(user=user, kind="personal", expires_at=moment)
        for moment in (now + timedelta(days=6), now + timedelta(days=8), None, now)
    )
    assert listed(client, lifetime="soon") == [soon]
    assert listed(client, lifetime="never") == [never]
    assert listed(client, lifetime="expired") == [past]
    assert set(listed(client, lifetime="usable")) == {soon, later, never}


def test_the_filter_by_last_use_finds_unused_tokens(client, staff, user):
    model = get_token_model()
    now = timezone.now()
    fresh, forgotten, used, new = (model.objects.create(user=user) for _ in range(4))
    for token, days in ((fresh, 89), (forgotten, 91)):
        model.objects.filter(pk=token.pk).update(last_used_at=now - timedelta(days=days))
    model.objects.filter(pk=used.pk).update(created_at=now - timedelta(days=100))
    assert set(listed(client, unused="90")) == {forgotten, used}
    assert set(listed(client, unused="never")) == {used, new}
    # A person may type a URL with a value that the filter does not offer.
    assert set(listed(client, unused="soon")) == {fresh, forgotten, used, new}


@override_settings(
    DRF_TOKEN_AUTH={"SCOPES": {"read": "Read", "READ": "", "read:all": "", "all": ""}}
)
def test_the_filter_by_scope_takes_whole_names(client, staff, user):
    model = get_token_model()
    made = {
        scopes: model.objects.create(user=user, scopes=scopes)
        for scopes in (None, "read", "all read:all", "all read", "read:all", "READ")
    }
    assert set(listed(client, scope="read")) == {made["read"], made["all read"]}
    assert set(listed(client, scope="all")) == {made["all read:all"], made["all read"]}
    assert listed(client, scope="-") == [made[None]]


def test_the_filter_by_user_finds_own_staff_and_inactive_users(client, staff, user, other_user):
    model = get_token_model()
    tokens = [model.objects.create(user=one) for one in (staff, user, other_user)]
    other_user.is_active = False
    other_user.save()
    assert listed(client, user_state="me") == [tokens[0]]
    assert listed(client, user_state="staff") == [tokens[0]]
    assert listed(client, user_state="inactive") == [tokens[2]]


def test_the_search_finds_an_id_a_hint_a_name_and_a_whole_user_name(
    client, staff, user, other_user
):
    mine = get_token_model().objects.create(user=user, name="laptop")
    get_token_model().objects.create(user=other_user)
    for words in (mine.hint, "lapt", user.get_username(), f"#{mine.pk}", str(mine.pk)):
        assert listed(client, q=words) == [mine], words
    assert listed(client, q=user.get_username()[:-1]) == []
    assert listed(client, q="#nonsense") == []


@pytest.mark.parametrize("typed", ["\uff41\uff44\uff41", "\u1112\u1161\u11ab", "jose\u0301"])
def test_the_search_finds_a_user_name_in_another_letter_form(client, staff, user, typed):
    user_model = type(user)
    name = unicodedata.normalize("NFKC", typed)
    user_model.objects.filter(pk=user.pk).update(**{user_model.USERNAME_FIELD: name})
    mine = get_token_model().objects.create(user=user)
    assert listed(client, q=typed) == [mine]


@pytest.mark.parametrize(
    "text",
    [
        "dta_" + "a" * 36,
        "dta_abcdefghijklmnop",
        "Authorization: Token dta_" + "0" * 36,
        '"dta_' + "0" * 36 + '"',
        "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b",
        "a" * 64,
    ],
)
def test_a_key_in_the_search_box_is_not_searched(client, staff, user, caplog, text):
    get_token_model().objects.create(user=user, name=text)
    with CaptureQueriesContext(connection) as caught, caplog.at_level("DEBUG", "drf_token_auth"):
        response = client.get(url("changelist"), {"q": text})
    assert (response.status_code, response.headers["Location"]) == (302, url("changelist"))
    assert not any(text in one["sql"] for one in caught)
    assert text not in caplog.text
    [message] = get_messages(response.wsgi_request)
    assert "key" in str(message)
    assert text not in str(message)


def test_a_key_with_an_earlier_prefix_is_recognized_by_its_checksum(client, staff):
    with override_settings(DRF_TOKEN_AUTH={"PREFIX": "old_"}):
        key = get_token_model().generate_key()
    assert client.get(url("changelist"), {"q": key}).status_code == 302


def test_a_long_name_is_not_taken_for_a_key(client, staff, user):
    name = "nightly-backup-of-the-warehouse-in-the-north-of-europe"
    token = get_token_model().objects.create(user=user, name=name)
    assert listed(client, q=name) == [token]
