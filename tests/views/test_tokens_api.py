"""List, create, rename and revoke the user's devices and personal tokens."""

from __future__ import annotations

import codecs
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import DataError, OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.fields import DateTimeField
from rest_framework.generics import GenericAPIView
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.conf import problems
from drf_token_auth.views import TokenListView
from drf_token_auth.views.base import TokenView
from tests.conftest import PASSWORD, make_user
from tests.lives import at, atomic_requests, client_of, listening, log_in, only, row, status_of

Token = get_token_model()
DAY = timedelta(days=1)
SCOPES = {"SCOPES": {"read": "Read", "write": "Write", "admin": "All"}}
LIST = "/auth/tokens/"

pytestmark = pytest.mark.urls("tests.life_urls")


def one(token: Any) -> str:
    return f"{LIST}{token.pk}/"


@pytest.fixture
def login(user: Any) -> Any:
    return operations.issue(user, name="phone")


@pytest.fixture
def client(login: Any) -> APIClient:
    return client_of(login)


# List and show


def test_the_list_shows_these_values(user: Any, login: Any, client: APIClient) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        personal = operations.issue(user, kind="personal", name="CI", scopes=["write", "read"])
    assert client.get(LIST).data == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": personal.pk,
                "kind": "personal",
                "name": "CI",
                "hint": personal.hint,
                "scopes": ["read", "write"],
                "created_at": shown(personal.created_at),
                "expires_at": shown(personal.expires_at),
                "last_used_at": None,
                "current": False,
            },
            {
                "id": login.pk,
                "kind": "login",
                "name": "phone",
                "hint": login.hint,
                "scopes": None,
                "created_at": shown(login.created_at),
                "expires_at": shown(login.expires_at),
                "last_used_at": None,
                "current": True,
            },
        ],
    }
    assert client.get(one(login)).data["current"] is True
    assert client.get(one(personal)).data["current"] is False
    assert client.get("/auth/token/").data == client.get(one(login)).data


def shown(moment: Any) -> str:
    return str(DateTimeField().to_representation(moment))


def test_no_answer_has_a_key_or_a_digest(user: Any, login: Any, client: APIClient) -> None:
    operations.issue(user, kind="personal")
    for path in (LIST, one(login), "/auth/token/"):
        text = client.get(path).content.decode()
        assert login.hint in text
        assert login.key not in text
        assert login.key[8:] not in text
        assert "digest" not in text
        assert "stamp" not in text


def test_only_the_users_own_tokens_are_listed(
    user: Any, other_user: Any, client: APIClient, login: Any
) -> None:
    operations.issue(other_user)
    assert [found["id"] for found in client.get(LIST).data["results"]] == [login.pk]


def test_only_usable_tokens_are_listed(user: Any, login: Any, client: APIClient) -> None:
    expired = operations.issue(user, ttl=timedelta(0))
    revoked = operations.issue(user)
    operations.revoke(revoked, reason="admin")
    assert [found["id"] for found in client.get(LIST).data["results"]] == [login.pk]
    for gone in (expired, revoked):
        for method in ("get", "patch", "delete"):
            assert getattr(client, method)(one(gone)).status_code == 404


@pytest.mark.parametrize("others", [0, 3, 60])
def test_the_number_of_queries_does_not_depend_on_the_length(
    user: Any, client: APIClient, others: int
) -> None:
    Token.objects.bulk_create(Token(user=user, name=str(i)) for i in range(others))
    client.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)
    # One query each for the token with its user, the count and the page.
    assert len(queries) == 3, queries.captured_queries


def test_the_list_has_pages(user: Any, login: Any, client: APIClient) -> None:
    Token.objects.bulk_create(Token(user=user, name=f"{i:03}") for i in range(250))
    first = client.get(LIST).data
    assert (first["count"], len(first["results"])) == (251, 50)
    assert first["previous"] is None
    found, page = [], first
    while True:
        found += [token["id"] for token in page["results"]]
        if page["next"] is None:
            break
        page = client.get(page["next"]).data
    assert len(found) == len(set(found)) == 251
    assert found == list(Token.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))
    assert len(client.get(LIST, {"page_size": 7}).data["results"]) == 7
    assert len(client.get(LIST, {"page_size": 5000}).data["results"]) == 200
    assert client.get(LIST, {"page": 7}).status_code == 404
    assert client.get(LIST, {"page": "x"}).status_code == 404


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete", "put"])
@pytest.mark.parametrize("path", [LIST, f"{LIST}1/"])
def test_an_anonymous_request_gets_no_list(
    db: None, api_client: APIClient, path: str, method: str
) -> None:
    response = getattr(api_client, method)(path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Token realm="api"'


def test_a_caller_without_a_token_sees_the_users_tokens(
    user: Any, login: Any, api_client: APIClient
) -> None:
    api_client.force_authenticate(user)
    assert [found["current"] for found in api_client.get(LIST).data["results"]] == [False]


# Tokens of another user


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_another_users_token_is_not_found(
    user: Any, other_user: Any, client: APIClient, method: str
) -> None:
    others = operations.issue(other_user, name="theirs")
    response = getattr(client, method)(one(others), {"name": "mine"})
    unknown = getattr(client, method)(f"{LIST}999999/", {"name": "mine"})
    assert response.status_code == unknown.status_code == 404
    assert response.data == unknown.data
    assert row(others).name == "theirs"


@pytest.mark.parametrize(
    "pk", ["0", "-1", "1e3", "x", "9" * 18, "9" * 40, "%00", "1;DROP", "1.0", "../token"]
)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_impossible_id_is_not_found(client: APIClient, pk: str, method: str) -> None:
    response = getattr(client, method)(f"{LIST}{pk}/")
    assert response.status_code in ({404, 405} if pk == "../token" else {404})


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_another_spelling_of_an_id_is_not_found(login: Any, client: APIClient, method: str) -> None:
    in_arabic = str(login.pk).translate({ord("0") + n: 0x660 + n for n in range(10)})
    for pk in (in_arabic, f"0{login.pk}", f"+{login.pk}"):
        assert getattr(client, method)(f"{LIST}{pk}/", {"name": "x"}).status_code == 404
    assert row(login).name == "phone"


# Create a personal token


def make(client: APIClient, **data: Any) -> Any:
    return client.post(LIST, data, format="json")


def test_the_key_is_shown_once(user: Any, client: APIClient) -> None:
    now = timezone.now()
    with at(now):
        response = make(client, name="CI")
    assert response.status_code == 201
    assert response["Cache-Control"] == "private, no-store"
    key = response.data["token"]
    assert status_of(key) == 200
    made = Token.objects.get(pk=response.data["id"])
    assert (made.user, made.kind, made.name, made.scopes) == (user, "personal", "CI", None)
    assert made.expires_at == now + 90 * DAY
    assert response.data["current"] is False
    assert key not in client.get(one(made)).content.decode()
    assert key not in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("conf", "ttl", "lifetime"),
    [
        ({}, 60, timedelta(seconds=60)),
        ({}, 1, timedelta(seconds=1)),
        ({}, None, None),
        ({"MAX_TTL": DAY}, None, DAY),
        ({"MAX_TTL": DAY}, 86_399, DAY - timedelta(seconds=1)),
        ({"MAX_TTL": DAY}, 86_400, DAY),
        ({"MAX_TTL": DAY}, 86_401, DAY),
        ({"MAX_TTL": DAY}, 100 * 365 * 86_400, DAY),
        ({"PERSONAL_TTL": None}, 5, timedelta(seconds=5)),
    ],
)
def test_a_lifetime_is_shortened_to_max_ttl(
    client: APIClient, conf: Any, ttl: int | None, lifetime: timedelta | None
) -> None:
    now = timezone.now()
    with override_settings(DRF_TOKEN_AUTH=conf), at(now):
        response = make(client, ttl=ttl)
    assert response.status_code == 201
    made = Token.objects.get(pk=response.data["id"])
    assert made.expires_at == (None if lifetime is None else now + lifetime)
    answered = response.data["expires_at"]
    if lifetime is None:
        assert answered is None
    else:
        moment = parse_datetime(answered)
        assert moment is not None
        assert abs(moment.timestamp() - made.expires_at.timestamp()) < 1e-3


@pytest.mark.parametrize(
    "ttl",
    [0, -1, "", "soon", 1.5, [], {}, True, 10**12, 10**400, "1e5"],
    ids=lambda ttl: str(ttl)[:10],
)
def test_a_wrong_lifetime_is_refused(client: APIClient, ttl: Any) -> None:
    response = client.post(LIST, json.dumps({"ttl": ttl}), content_type="application/json")
    assert response.status_code == 400
    assert list(response.data) == ["ttl"]


def test_a_lifetime_may_have_digits_of_any_script(client: APIClient) -> None:
    now = timezone.now()
    with at(now):
        response = make(client, ttl="٣٠")
    assert response.status_code == 201
    assert Token.objects.get(pk=response.data["id"]).expires_at == now + timedelta(seconds=30)


@pytest.mark.parametrize("scopes", [["read"], ["admin", "read"], "read admin", None])
def test_declared_scopes_are_accepted(client: APIClient, scopes: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        response = make(client, scopes=scopes)
    assert response.status_code == 201
    expected = scopes.split() if isinstance(scopes, str) else scopes
    assert response.data["scopes"] == (expected and sorted(expected))


@pytest.mark.parametrize(
    "scopes", [[], "", ["nope"], ["read", "nope"], [""], [None], {"read": 1}, 5, [["read"]]]
)
def test_wrong_scopes_are_refused(client: APIClient, scopes: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        response = make(client, scopes=scopes)
    assert response.status_code == 400
    assert list(response.data) == ["scopes"]
    assert Token.objects.count() == 1


def test_a_token_may_have_all_scopes_that_the_settings_can_declare(client: APIClient) -> None:
    many = {str(number) + "x" * 98: "" for number in range(9)} | {"y" * 100: ""}
    assert len(" ".join(many)) == 1000
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": many}):
        response = make(client, scopes=list(many))
        assert response.status_code == 201
        assert response.data["scopes"] == Token.objects.latest("pk").scope_list == sorted(many)
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {**many, "z": ""}}):
        assert [problem.id for problem in problems()] == ["E003"]


def test_a_token_cannot_create_one_with_more_scopes(user: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        client = client_of(operations.issue(user, scopes=["read", "write"]))
        for scopes in ({}, {"scopes": None}, {"scopes": ["admin"]}, {"scopes": ["read", "admin"]}):
            response = make(client, **scopes)
            assert response.status_code == 400
            assert list(response.data) == ["scopes"]
        for fine in (["read"], ["read", "write"]):
            assert make(client, scopes=fine).status_code == 201


def test_unknown_fields_are_refused(user: Any, other_user: Any, client: APIClient) -> None:
    """If a misspelt restriction were ignored, the new token could do more than wanted."""
    others = {
        "user": other_user.pk,
        "digest": "AA==",
        "key": "known",
        "token": "known",
        "created_at": "2001-01-01T00:00:00Z",
        "idle_timeout": "1",
        "user_stamp": "x",
        "scope": ["read"],
        "TTL": 60,
        "scopes[0]": "read",
        "": "",
    }
    for data in (others, *({name: value} for name, value in others.items())):
        response = make(client, name="CI", **data)
        assert response.status_code == 400
        assert response.data == {name: ["There is no such field."] for name in data}
    assert make(client, name="CI", kind="login").status_code == 400
    assert Token.objects.count() == 1


def test_the_form_of_drfs_page_creates_a_token(client: APIClient) -> None:
    data = {"csrfmiddlewaretoken": "x", "name": "CI", "scopes": "", "ttl": "60", "kind": "personal"}
    assert client.post(LIST, data, format="multipart").status_code == 400  # an empty list of scopes
    del data["scopes"]
    assert client.post(LIST, data, format="multipart").status_code == 201


def test_an_expiry_can_be_a_time(client: APIClient) -> None:
    ends = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    made = make(client, expires_at=ends.isoformat(), kind="personal")
    assert made.status_code == 201
    token = Token.objects.get(pk=made.data["id"])
    assert abs(token.expires_at - ends) < timedelta(seconds=1)
    assert token.kind == "personal"
    assert make(client, expires_at=None).data["expires_at"] is None
    with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": timedelta(days=1)}):
        capped = Token.objects.get(pk=make(client, expires_at=ends.isoformat()).data["id"])
    assert capped.expires_at < ends


@pytest.mark.parametrize("data", ["2001-01-01T00:00:00", "9999-12-31T23:59:59", "soon", 60, ""])
def test_a_wrong_expiry_is_refused(client: APIClient, data: Any) -> None:
    response = make(client, expires_at=data)
    assert response.status_code == 400
    assert list(response.data) == ["expires_at"]


def test_an_expiry_at_this_moment_is_refused(client: APIClient) -> None:
    with at(timezone.now()):
        assert make(client, expires_at=timezone.now().isoformat()).status_code == 400


def test_ttl_and_expires_at_exclude_each_other(client: APIClient) -> None:
    ends = (timezone.now() + timedelta(days=3)).isoformat()
    response = make(client, ttl=60, expires_at=ends)
    assert response.status_code == 400
    assert list(response.data) == ["expires_at"]
    assert Token.objects.count() == 1
    hour = timezone.now() + timedelta(hours=1)
    for empty, form in ((None, "json"), ("", "multipart")):
        made = client.post(LIST, {"ttl": 60, "expires_at": empty}, format=form)
        assert made.status_code == 201
        assert Token.objects.get(pk=made.data["id"]).expires_at < hour


@pytest.mark.parametrize("form", ["multipart", "urlencoded"])
def test_a_form_names_the_items_of_a_list_and_nothing_else(client: APIClient, form: str) -> None:
    def send(**data: str) -> Any:
        if form == "multipart":
            return client.post(LIST, data, format=form)
        content_type = "application/x-www-form-urlencoded"
        return client.post(LIST, urlencode(data), content_type=content_type)

    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        response = send(**{"scopes[0]": "read", "scopes[1]": "write", "ttl": "60"})
        assert response.status_code == 201
        assert response.data["scopes"] == ["read", "write"]
        for name in (
            "scopes[x]",
            "scopes[0]x",
            "scopes[]",
            "scope[0]",
            "ttl[0]",
            "name[0]",
            "csrf",
        ):
            response = send(**{name: "read"})
            assert response.status_code == 400
            assert list(response.data) == [name]
    assert Token.objects.count() == 2


# Names


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("phone", "phone"),
        ("", ""),
        ("  two   words\t", "two words"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie: b"),
        ("a\nINFO token created", "a INFO token created"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 64),
        ("x" * 5000, "x" * 64),
        ("Zoë's 📱", "Zoë's 📱"),
        ("📱" * 100, "📱" * 64),
        ("a\u202eb", "a b"),
        ("a\u2028b", "a b"),
        ("\ud800", ""),
        (7, "7"),
        ("<script>", "<script>"),
    ],
)
@pytest.mark.parametrize("way", ["login", "make", "rename"])
def test_a_name_is_cleaned_and_cut(
    user: Any, client: APIClient, login: Any, given: Any, stored: str, way: str
) -> None:
    def send(method: str, path: str, data: Any, sender: APIClient) -> Any:
        text = json.dumps(data)
        return getattr(sender, method)(path, text, content_type="application/json")

    if way == "login":
        data = {"username": user.get_username(), "password": PASSWORD, "name": given}
        response = send("post", "/auth/login/", data, APIClient())
    elif way == "make":
        response = send("post", LIST, {"name": given}, client)
    else:
        response = send("patch", one(login), {"name": given}, client)
    assert response.status_code == (201 if way == "make" else 200), response.data
    assert response.data["name"] == stored
    assert Token.objects.get(pk=response.data["id"]).name == stored


@pytest.mark.parametrize("given", [[], {}, True, None])
@pytest.mark.parametrize("way", ["make", "rename"])
def test_a_name_that_is_no_text_is_refused(
    client: APIClient, login: Any, given: Any, way: str
) -> None:
    if way == "make":
        response = make(client, name=given)
    else:
        response = client.patch(one(login), {"name": given}, format="json")
    assert response.status_code == 400
    assert list(response.data) == ["name"]


@pytest.mark.parametrize(
    ("agent", "stored"),
    [
        ("Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
        ("x" * 5000, "x" * 64),
        ("a\r\nX-Evil: 1", "a X-Evil: 1"),
        ("caf\xe9", "café"),
        ("okhttp/4.12.0", "okhttp 4.12"),
        ("\x00\x01", ""),
        (None, ""),
    ],
)
def test_the_device_is_named_by_its_user_agent(user: Any, agent: str | None, stored: str) -> None:
    client = APIClient()
    if agent is not None:
        client.credentials(HTTP_USER_AGENT=agent)
    response = log_in(user, client)
    assert response.status_code == 200
    assert response.data["name"] == stored


def test_a_given_name_wins_over_the_user_agent(user: Any) -> None:
    client = APIClient(HTTP_USER_AGENT="curl")
    assert log_in(user, client, name="mine").data["name"] == "mine"
    assert log_in(user, client, name="").data["name"] == "curl"


# Rename a token


FIXED = {
    "user": 1,
    "user_id": 1,
    "kind": "personal",
    "digest": "AA==",
    "previous_digest": "AA==",
    "expires_at": None,
    "created_at": "2001-01-01T00:00:00Z",
    "last_used_at": None,
    "scopes": None,
    "id": 77,
    "pk": 77,
    "hint": "x",
    "key": "x",
    "token": "x",
    "idle_timeout": 5,
    "renewable_until": None,
    "user_stamp": "x",
    "current": True,
    "nonsense": 1,
}


@pytest.mark.parametrize("form", ["json", "multipart"])
@pytest.mark.parametrize("field", FIXED)
def test_a_rename_changes_nothing_else(
    client: APIClient, login: Any, field: str, form: str
) -> None:
    before = Token.objects.filter(pk=login.pk).values().get()
    value = FIXED[field]
    if form == "multipart" and value is None:
        value = ""
    response = client.patch(one(login), {"name": "new", field: value}, format=form)
    assert response.status_code == 200
    assert Token.objects.filter(pk=login.pk).values().get() == {**before, "name": "new"}


def test_a_rename_writes_only_the_name(user: Any, client: APIClient) -> None:
    other = operations.issue(user, name="old")
    with CaptureQueriesContext(connection) as queries:
        response = client.patch(one(other), {"name": "new"})
    updates = [q["sql"] for q in queries.captured_queries if q["sql"].startswith("UPDATE")]
    # On SQLite, an update that changes nothing takes the lock.
    (update,) = [sql for sql in updates if not sql.endswith("WHERE 1 = 0")]
    assert update.count("=") == 2  # one for the name, and one in WHERE
    assert response.data["name"] == row(other).name == "new"


def test_an_empty_change_changes_nothing(client: APIClient, login: Any) -> None:
    assert client.patch(one(login), {}).status_code == 200
    assert row(login).name == "phone"


@pytest.mark.parametrize("data", [[], "x", 5, [{"name": "x"}]])
def test_a_change_that_is_not_an_object_is_refused(
    client: APIClient, login: Any, data: Any
) -> None:
    response = client.patch(one(login), data, format="json")
    assert response.status_code == 400


def test_put_is_not_allowed(client: APIClient, login: Any) -> None:
    assert client.put(one(login), {"name": "x"}).status_code == 405


# Revoke tokens


def test_a_user_can_revoke_one_token(user: Any, client: APIClient, login: Any) -> None:
    other = operations.issue(user)
    assert client.delete(one(other)).status_code == 204
    assert status_of(other) == 401
    assert client.delete(one(other)).status_code == 404
    assert client.delete(one(login)).status_code == 204
    assert client.get(LIST).status_code == 401


ENDS = [
    ("/auth/logout/", {}, {"other login", "personal"}),
    ("/auth/logout/others/", {}, {"caller", "personal"}),
    ("/auth/logout/others/", {"personal": True}, {"caller"}),
    ("/auth/logout/all/", {}, {"personal"}),
    ("/auth/logout/all/", {"personal": False}, {"personal"}),
    ("/auth/logout/all/", {"personal": True}, set()),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])
@pytest.mark.parametrize(("path", "data", "left"), ENDS)
def test_each_logout_keeps_the_other_tokens(
    atomic: bool, path: str, data: Any, left: set[str]
) -> None:
    user, other_user = make_user(), make_user("bob")
    tokens = {
        "caller": operations.issue(user),
        "other login": operations.issue(user),
        "personal": operations.issue(user, kind="personal"),
        "another user's": operations.issue(other_user),
    }
    with atomic_requests(atomic), listening() as heard:
        assert client_of(tokens["caller"]).post(path, data, format="json").status_code == 204
        found = {name for name, token in tokens.items() if status_of(token) == 200}
    assert found == {*left, "another user's"}
    assert len(heard) == 4 - len(found)


def test_a_personal_token_logs_the_others_out_and_stays(user: Any, login: Any) -> None:
    personal, second = (operations.issue(user, kind="personal") for _ in range(2))
    client = client_of(personal)
    assert client.post("/auth/logout/others/", {"personal": True}).status_code == 204
    assert [status_of(token) for token in (login, personal, second)] == [401, 200, 401]


@pytest.mark.parametrize("path", ["/auth/logout/all/", "/auth/logout/others/"])
def test_login_tokens_are_revoked_with_any_authenticator(
    user: Any, login: Any, api_client: APIClient, path: str
) -> None:
    personal = operations.issue(user, kind="personal")
    api_client.force_authenticate(user)
    assert api_client.post(path).status_code == 204
    assert [status_of(token) for token in (login, personal)] == [401, 200]


@pytest.mark.parametrize("path", ["/auth/logout/all/", "/auth/logout/others/"])
def test_a_value_that_is_not_a_boolean_is_refused(client: APIClient, login: Any, path: str) -> None:
    response = client.post(path, {"personal": "perhaps"}, format="json")
    assert response.status_code == 400
    assert list(response.data) == ["personal"]
    assert status_of(login) == 200


def test_a_bulk_revocation_leaves_expired_tokens(user: Any, client: APIClient) -> None:
    """An expired token is not revoked, and sends no signal. The purge deletes its row."""
    operations.issue(user, ttl=timedelta(0))
    assert client.post("/auth/logout/all/").status_code == 204
    assert Token.objects.count() == 1


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Seoul", "UTC"])
@pytest.mark.parametrize("form", ["json", "multipart"])
@pytest.mark.parametrize(
    "moment",
    [
        *("9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"),
        *("0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_at_either_end_of_the_calendar_is_refused(
    client: APIClient, settings: Any, zone: str, form: str, moment: str
) -> None:
    if settings.USE_TZ:
        # With USE_TZ off, another TIME_ZONE would make the client's login look old.
        settings.TIME_ZONE = zone
    response = client.post(LIST, {"expires_at": moment}, format=form)
    assert (response.status_code, list(response.data)) == (400, ["expires_at"])


def test_an_unknown_field_of_half_a_character_is_refused(client: APIClient) -> None:
    body = r'{"name": "ci", "\ud83d": 1}'
    answer = client.generic("POST", "/auth/tokens/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json() == {"?": ["There is no such field."]}


@pytest.mark.parametrize("body", ["5", "[5]", '"ci"', "true"])
def test_json_that_is_no_object_is_refused(client: APIClient, body: str) -> None:
    answer = client.generic("POST", LIST, body, content_type="application/json")
    assert answer.status_code == 400


def test_many_unknown_fields_get_a_short_answer(client: APIClient) -> None:
    sent = {f"{'x' * 100}{i}": 1 for i in range(5_000)}
    response = make(client, **sent)
    assert response.status_code == 400
    assert len(response.content) < 3000


@pytest.mark.parametrize(
    "sent",
    [
        {"scopes": [f"scope{i}" for i in range(400)]},
        {"scopes": ["x" * 100_000]},
        {"scopes": [[]] * 5_000},
        {"scopes": [""] * 5_000},
        {"kind": "x" * 100_000},
    ],
    ids=lambda sent: next(iter(sent)),
)
def test_many_wrong_values_get_a_short_answer(client: APIClient, sent: Any) -> None:
    response = make(client, **sent)
    assert response.status_code == 400
    assert list(response.data) == list(sent)
    assert len(response.content) < 3000


def test_an_item_with_a_number_of_5000_digits_is_an_unknown_field(client: APIClient) -> None:
    form = urlencode({f"scopes[{'9' * 5000}]": "read"})
    response = client.post(LIST, form, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert len(response.content) < 3000


@pytest.mark.parametrize(("setting", "length"), [(1000, 1000), (None, 10**6), (10**8, 10**6)])
def test_a_too_large_body_is_refused_unread(
    client: APIClient, login: Any, settings: Any, setting: Any, length: int
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = setting
    body = json.dumps({"name": "x" * length})
    for path in (LIST, "/auth/login/", "/auth/revoke/", "/auth/logout/all/"):
        response = client.post(path, body, content_type="application/json")
        assert (response.status_code, response.data["detail"].code) == (413, "too_large")
        assert response["Cache-Control"] == "private, no-store"
    renamed = client.patch(one(login), body, content_type="application/json")
    assert renamed.status_code == 413
    fits = json.dumps({"name": "x" * (length - 100)})
    assert client.post(LIST, fits, content_type="application/json").status_code == 201


def test_a_form_with_too_many_fields_is_a_400(client: APIClient) -> None:
    fields = {f"field{i}": "x" for i in range(2000)}
    response = client.post(LIST, fields, format="multipart")
    assert response.status_code == 400
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_id_that_the_column_cannot_hold_is_a_404(
    client: APIClient, login: Any, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL raises DataError for NUL in a text. The id of a project's token may be a text."""

    def refuse(view: Any) -> None:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(GenericAPIView, "get_object", refuse)
    assert getattr(client, method)(one(login)).status_code == 404


def test_another_error_of_the_database_is_not_a_404(
    client: APIClient, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(view: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(GenericAPIView, "get_object", fail)
    with pytest.raises(OperationalError):
        client.get(one(login))


@pytest.mark.parametrize("charset", ["idna", "hex", "undefined"])
def test_a_charset_that_is_not_for_text_is_a_400(client: APIClient, charset: str) -> None:
    body = '--x\r\nContent-Disposition: form-data; name="expires_at"\r\n\r\nx\r\n--x--\r\n'
    content_type = f"multipart/form-data; boundary=x; charset={charset}"
    assert client.post(LIST, body.encode(), content_type=content_type).status_code == 400


@pytest.mark.parametrize("charset", ["bz2", "zlib", "base64", "punycode"])
def test_a_body_is_not_unpacked(client: APIClient, charset: str) -> None:
    """Python unpacks gigabytes from a megabyte of bz2, and is very slow on a long punycode."""
    body = b"{}-" if charset == "punycode" else codecs.encode(b"{}", charset)
    content_type = f"application/json; charset={charset}"
    assert client.post(LIST, body, content_type=content_type).status_code == 400


@pytest.mark.parametrize("charset", ["utf-16", "euc-kr", "latin-1"])
def test_a_charset_of_text_is_read(client: APIClient, charset: str) -> None:
    body = json.dumps({"name": "phone"}).encode(charset)
    content_type = f"application/json; charset={charset}"
    assert client.post(LIST, body, content_type=content_type).json()["name"] == "phone"


# The token is revoked while its request runs


@pytest.fixture
def revoked_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Revoke the presented token after it is authenticated, and before the view begins."""
    check = TokenView.check_throttles

    def check_and_revoke(view: Any, request: Any) -> None:
        check(view, request)
        operations.revoke(request.auth)

    monkeypatch.setattr(TokenView, "check_throttles", check_and_revoke)


@pytest.mark.usefixtures("revoked_meanwhile")
@pytest.mark.parametrize("change", ["rename", "revoke", "logout-all", "logout-others", "rotate"])
def test_a_token_revoked_meanwhile_changes_nothing(user: Any, change: str) -> None:
    token, other = operations.issue(user), operations.issue(user, name="phone")
    client = client_of(token)
    response = {
        "rename": lambda: client.patch(one(other), {"name": "new"}),
        "revoke": lambda: client.delete(one(other)),
        "logout-all": lambda: client.post("/auth/logout/all/"),
        "logout-others": lambda: client.post("/auth/logout/others/"),
        "rotate": lambda: client.post("/auth/token/rotate/"),
    }[change]()
    assert response.status_code == 401
    assert response["WWW-Authenticate"].endswith('error="invalid_token"')
    assert row(other).name == "phone"


@pytest.mark.usefixtures("revoked_meanwhile")
def test_the_second_of_two_parallel_logouts_succeeds_too(user: Any) -> None:
    token = operations.issue(user)
    assert client_of(token).post("/auth/logout/").status_code == 204


@pytest.mark.parametrize("way", ["revoked", "expired", "password changed"])
def test_a_token_revoked_meanwhile_creates_no_personal_token(user: Any, way: str) -> None:
    token = operations.issue(user)

    class OvertakenView(TokenListView):
        def issue(self, user: Any, **values: Any) -> Any:
            if way == "revoked":
                operations.revoke_all(user, kinds=["login", "personal"])
            elif way == "expired":
                Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
            else:
                type(user).objects.filter(pk=user.pk).update(password="another")
            return super().issue(user, **values)

    with only(OvertakenView.as_view()):
        response = client_of(token).post("/", {"name": "backdoor"}, format="json")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].endswith('error="invalid_token"')
    assert not Token.objects.filter(kind="personal").exists()
