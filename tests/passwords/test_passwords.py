"""After each way to change a password, login tokens with the old password are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_save, pre_save
from django.test import Client, RequestFactory, override_settings
from django.test.utils import isolate_apps
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import BasicAuthentication
from rest_framework.test import APIRequestFactory

from drf_token_auth import get_token_model, lookup, operations, passwords
from drf_token_auth.exceptions import InactiveUser, PasswordChanged
from drf_token_auth.views import LogoutView
from tests.conftest import PASSWORD, make_user
from tests.lives import atomic_requests, client_of, listening, log_in, row, status_of
from tests.queries import queries

Token = get_token_model()
User = get_user_model()
NEW = "a new and better one"
WRONG = {"non_field_errors": ["Unable to log in with provided credentials."]}
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = pytest.mark.urls("tests.life_urls")


def fresh(user: Any) -> Any:
    """Load the user again, as another process does."""
    return User._default_manager.get(pk=user.pk)


# The ways to change a password


def shell(user: Any) -> None:
    user.set_password(NEW)
    user.save()


def shell_of_one_field(user: Any) -> None:
    user.set_password(NEW)
    user.save(update_fields=["password"])


def shell_async(user: Any) -> None:
    user.set_password(NEW)
    async_to_sync(user.asave)()


def shell_with_a_hash(user: Any) -> None:
    user.password = make_password(NEW)
    user.save()


def shell_with_a_hash_of_one_field(user: Any) -> None:
    user.password = make_password(NEW)
    user.save(update_fields=["password"])


def own_form(user: Any) -> None:
    form = PasswordChangeForm(
        user, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert form.is_valid(), form.errors
    form.save()


def reset_form(user: Any) -> None:
    form = SetPasswordForm(user, {"new_password1": NEW, "new_password2": NEW})
    assert form.is_valid(), form.errors
    form.save()


def the_admin(user: Any) -> None:
    class Admin(UserAdmin):
        ordering = ()

        def has_change_permission(self, request: Any, obj: Any = None) -> bool:
            return True

        def log_change(self, *args: Any) -> None:
            """Do nothing: this test is not about the admin's log."""

    request = RequestFactory().post(
        "/", {"password1": NEW, "password2": NEW, "usable_password": "true"}
    )
    request.user = user
    request._dont_enforce_csrf_checks = True
    with (
        mock.patch("django.contrib.auth.admin.messages"),
        mock.patch("django.contrib.auth.admin.reverse", return_value="/"),
        mock.patch("django.contrib.auth.admin.update_session_auth_hash"),
    ):
        response = Admin(User, admin.site).user_change_password(request, str(user.pk))
    assert response.status_code == 302


def changepassword(user: Any) -> None:
    with mock.patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", user.get_username(), stdout=mock.Mock())


def update(user: Any) -> None:
    User._default_manager.filter(pk=user.pk).update(password=make_password(NEW))


def bulk_update(user: Any) -> None:
    user.password = make_password(NEW)
    User._default_manager.bulk_update([user], ["password"])


def raw_sql(user: Any) -> None:
    # With multi-table inheritance, the password is in the parent's table.
    table = connection.ops.quote_name(User._meta.get_field("password").model._meta.db_table)
    name = connection.ops.quote_name(User._meta.get_field(User.USERNAME_FIELD).column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET password = %s WHERE {name} = %s",
            [make_password(NEW), user.get_username()],
        )
        assert cursor.rowcount == 1


def unusable(user: Any) -> None:
    user.set_unusable_password()
    user.save()


WAYS = [
    shell,
    shell_of_one_field,
    shell_async,
    shell_with_a_hash,
    shell_with_a_hash_of_one_field,
    own_form,
    reset_form,
    the_admin,
    changepassword,
    update,
    bulk_update,
    raw_sql,
    unusable,
]


@pytest.mark.parametrize("change", WAYS)
def test_a_new_password_stops_login_tokens_but_not_personal_tokens(
    user: Any, other_user: Any, change: Callable[[Any], None]
) -> None:
    logins = [
        log_in(user).data["token"],
        operations.issue(user).key,
        Token.objects.create(user=user).key,
    ]
    (in_bulk,) = Token.objects.bulk_create([Token(user=user)])
    logins.append(in_bulk.key)
    personal = operations.issue(user, kind="personal")
    others = operations.issue(other_user)
    for key in [*logins, personal.key, others.key]:
        assert status_of(key) == 200

    change(fresh(user))

    for key in logins:
        response = client_of(key).get("/echo/")
        assert response.status_code == 401
        assert response.data["detail"].code == "invalid_token"
        assert Token.objects.from_key(key) is None
    assert status_of(personal) == 200
    assert status_of(others) == 200


def test_noticing_a_new_password_costs_no_query(user: Any) -> None:
    token = operations.issue(user)
    shell(fresh(user))
    client = client_of(token)
    client.get("/echo/")
    with queries() as asked:
        assert client.get("/echo/").status_code == 401
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("bound", "login", "personal"),
    [((), 200, 200), (("personal",), 200, 401), (("login", "personal"), 401, 401)],
)
def test_a_setting_names_the_kinds_that_are_bound(
    user: Any, bound: Any, login: int, personal: int
) -> None:
    with override_settings(DRF_TOKEN_AUTH={"PASSWORD_BOUND": bound}):
        tokens = [operations.issue(user, kind=kind) for kind in ("login", "personal")]
        shell(fresh(user))
        assert [status_of(token) for token in tokens] == [login, personal]


@pytest.mark.django_db(transaction=True)
def test_an_unbound_token_is_bound_at_its_next_use() -> None:
    user = make_user()
    with override_settings(DRF_TOKEN_AUTH={"PASSWORD_BOUND": ()}):
        used, unused = operations.issue(user), operations.issue(user)
    assert row(used).user_stamp is None
    assert status_of(used) == 200
    assert row(used).user_stamp is not None
    shell(fresh(user))
    assert status_of(used) == 401
    assert status_of(unused) == 200  # it is not bound to a password yet


def test_changing_the_password_back_does_not_make_tokens_usable(user: Any) -> None:
    token = operations.issue(user)
    shell(fresh(user))
    again = fresh(user)
    again.set_password(PASSWORD)
    again.save()
    assert status_of(token) == 401


def test_other_changes_of_a_user_stop_no_token(user: Any) -> None:
    token = operations.issue(user)
    again = fresh(user)
    again.email = "new@example.com"
    again.last_login = timezone.now()
    again.is_staff = True
    again.save()
    assert status_of(token) == 200


def test_tokens_with_an_old_password_are_neither_listed_nor_found(user: Any) -> None:
    outdated = Token.objects.create(user=user)
    shell(fresh(user))
    user = fresh(user)
    found, made = Token.objects.get_or_create(user=user)
    assert made
    assert found.pk != outdated.pk
    listed = client_of(found).get("/auth/tokens/").data["results"]
    assert [one["id"] for one in listed] == [found.pk]
    assert client_of(found).get(f"/auth/tokens/{outdated.pk}/").status_code == 404


def test_the_next_login_revokes_tokens_with_an_old_password(
    user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    outdated = operations.issue(user)
    personal = operations.issue(user, kind="personal")
    shell(fresh(user))
    with listening() as heard, django_capture_on_commit_callbacks(execute=True):
        usable = operations.issue(fresh(user))
    assert [(one.what, one.token.pk, one.reason) for one in heard] == [
        ("revoked", outdated.pk, "password"),
        ("created", usable.pk, None),
    ]
    assert set(Token.objects.all()) == {personal, usable}


# The token of the request is kept


@pytest.mark.django_db(transaction=True)
@both
def test_change_password_keeps_the_caller_and_revokes_the_others(atomic: bool) -> None:
    user = make_user()
    caller, other = operations.issue(user), operations.issue(user)
    personal = operations.issue(user, kind="personal")
    with atomic_requests(atomic), listening() as heard:
        assert client_of(caller).post("/password/", {"password": NEW}).status_code == 200
        assert status_of(caller) == 200
        assert status_of(other) == 401
        assert status_of(personal) == 200
    assert [(one.what, one.token.pk, one.reason, one.actor) for one in heard] == [
        ("revoked", other.pk, "password", user)
    ]
    assert fresh(user).check_password(NEW)
    assert not Token.objects.filter(pk=other.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_change_password_is_rolled_back_with_the_request() -> None:
    user = make_user()
    caller, other = operations.issue(user), operations.issue(user)
    with atomic_requests(True), listening() as heard:
        response = client_of(caller).post("/password/", {"password": NEW, "fail": True})
        assert response.status_code == 400
        assert fresh(user).check_password(PASSWORD)
        assert status_of(caller) == 200
        assert status_of(other) == 200
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_fails_changes_nothing() -> None:
    user = make_user()
    caller, other = operations.issue(user), operations.issue(user)

    def fail(**kwargs: Any) -> None:
        raise ZeroDivisionError

    post_save.connect(fail, sender=User)
    try:
        with pytest.raises(ZeroDivisionError):
            operations.change_password(fresh(user), NEW, keep=caller)
    finally:
        post_save.disconnect(fail, sender=User)
    assert fresh(user).check_password(PASSWORD)
    assert [status_of(token) for token in (caller, other)] == [200, 200]


def test_change_password_can_keep_a_personal_token(user: Any) -> None:
    login, personal = operations.issue(user), operations.issue(user, kind="personal")
    operations.change_password(fresh(user), NEW, keep=personal)
    assert status_of(personal) == 200
    assert list(Token.objects.all()) == [personal]
    assert status_of(login) == 401
    # PASSWORD_BOUND does not name this kind, so the token is not bound to the new password either.
    assert Token.objects.get().user_stamp is None


def test_the_signal_of_a_change_names_its_actor(
    user: Any, other_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    operations.issue(user)
    with listening() as heard, django_capture_on_commit_callbacks(execute=True):
        operations.change_password(fresh(user), NEW, actor=other_user)
    assert [(one.reason, one.actor) for one in heard] == [("password", other_user)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["login", "personal"])
def test_a_kept_token_also_works_on_servers_that_bind_more_kinds(kind: str) -> None:
    user, binds_all = make_user(), {"PASSWORD_BOUND": ("login", "personal")}
    with override_settings(DRF_TOKEN_AUTH={"PASSWORD_BOUND": ()}):
        token = operations.issue(user, kind=kind)
        with override_settings(DRF_TOKEN_AUTH=binds_all):
            # This server binds all kinds, so the first use here binds the token.
            assert status_of(token) == 200
        operations.change_password(fresh(user), NEW, keep=Token.objects.from_key(token.key))
        assert status_of(token) == 200
    with override_settings(DRF_TOKEN_AUTH=binds_all):
        assert status_of(token) == 200


def test_change_password_without_a_token_keeps_none(user: Any) -> None:
    operations.issue(user)
    operations.change_password(fresh(user), NEW)
    assert not Token.objects.exists()
    assert fresh(user).check_password(NEW)


def test_change_password_can_set_an_unusable_password(user: Any) -> None:
    token = operations.issue(user)
    operations.change_password(fresh(user), None, keep=token)
    assert not fresh(user).has_usable_password()
    assert status_of(token) == 200


def test_change_password_keeps_no_token_of_another_user(user: Any, other_user: Any) -> None:
    token, others = operations.issue(user), operations.issue(other_user)
    operations.change_password(fresh(user), NEW, keep=others)
    assert row(others).user == other_user
    assert [status_of(one) for one in (token, others)] == [401, 200]


def test_change_password_does_not_restore_revoked_tokens(user: Any) -> None:
    token = operations.issue(user)
    loaded = row(token)
    operations.revoke(token, reason="logout")
    operations.change_password(fresh(user), NEW, keep=loaded)
    assert not Token.objects.exists()


def test_change_password_revokes_tokens_that_no_use_has_bound(user: Any) -> None:
    caller, unbound = operations.issue(user), operations.issue(user)
    Token.objects.filter(pk=unbound.pk).update(user_stamp=None)
    operations.change_password(fresh(user), NEW, keep=caller)
    assert [status_of(one) for one in (caller, unbound)] == [200, 401]


def test_change_password_works_from_async_code(user: Any) -> None:
    caller, other = operations.issue(user), operations.issue(user)
    async_to_sync(operations.achange_password)(fresh(user), NEW, keep=caller)
    assert [status_of(one) for one in (caller, other)] == [200, 401]


# An upgrade of the hash is not a change


class Before(PBKDF2PasswordHasher):
    iterations = 10


class After(PBKDF2PasswordHasher):
    """The hasher of the next Django release."""

    iterations = 20


class Elsewhere(PBKDF2PasswordHasher):
    algorithm = "pbkdf2_elsewhere"
    iterations = 10


def hashers(*classes: type) -> Any:
    return override_settings(PASSWORD_HASHERS=[f"{__name__}.{one.__name__}" for one in classes])


@pytest.fixture(params=[[Before], [Elsewhere]], ids=["iterations", "algorithm"])
def hashed_before(request: pytest.FixtureRequest, db: None) -> Iterator[Any]:
    """Yield a user whose hash is older than the project's hasher, and a token of the user."""
    with hashers(*request.param, After):
        user = make_user()
        token = operations.issue(user)
    before = user.password
    with hashers(After, *request.param):
        yield user, token
        assert fresh(user).password != before, "there was no upgrade"


def login_here(user: Any) -> None:
    assert log_in(user).status_code == 200


def login_with_a_session(user: Any) -> None:
    assert Client().login(username=user.get_username(), password=PASSWORD)


def login_with_basic(user: Any) -> None:
    found = BasicAuthentication().authenticate_credentials(user.get_username(), PASSWORD)
    assert found is not None


def check_password(user: Any) -> None:
    assert fresh(user).check_password(PASSWORD)


def check_password_async(user: Any) -> None:
    assert async_to_sync(fresh(user).acheck_password)(PASSWORD)


def check_password_of(instance: Any) -> None:
    assert instance.check_password(PASSWORD)


def check_password_of_async(instance: Any) -> None:
    assert async_to_sync(instance.acheck_password)(PASSWORD)


@contextmanager
def meanwhile(act: Callable[[], Any], of: Any = PBKDF2PasswordHasher) -> Iterator[None]:
    """Call ``act`` after the first successful check of a password, before the check returns."""
    verify = of.verify
    acts = [act]

    def verify_and_act(self: Any, password: str, encoded: str) -> bool:
        is_right = verify(self, password, encoded)
        if is_right and acts:
            acts.pop()()
        return is_right

    with mock.patch.object(of, "verify", verify_and_act):
        yield
    assert not acts


UPGRADES = [
    login_here,
    login_with_a_session,
    login_with_basic,
    check_password,
    check_password_async,
]


@pytest.mark.parametrize("upgrade", UPGRADES)
def test_a_login_that_upgrades_the_hash_logs_nobody_out(
    hashed_before: Any, upgrade: Callable[[Any], None]
) -> None:
    user, token = hashed_before
    upgrade(user)
    assert status_of(token) == 200


def test_an_upgrade_makes_no_old_token_usable(db: None) -> None:
    with hashers(Before):
        user = make_user()
        outdated = operations.issue(user)
        other = make_user("bob")
        others = operations.issue(other)
        again = fresh(user)
        again.set_password(NEW)
        again.save()
        usable = Token.objects.create(user=again)
    with hashers(After):
        assert fresh(user).check_password(NEW)
        assert [status_of(one) for one in (outdated, usable, others)] == [401, 200, 200]


def test_a_change_to_a_better_hash_is_a_change(db: None) -> None:
    for change in (shell_of_one_field, shell_with_a_hash_of_one_field, shell, update):
        with hashers(Before):
            user = make_user(change.__name__)
            token = operations.issue(user)
        with hashers(After):
            change(fresh(user))
            assert status_of(token) == 401, change.__name__


def test_a_change_after_an_upgrade_is_a_change(db: None) -> None:
    """The hash of the same instance was upgraded before."""
    with hashers(Before):
        user = make_user()
        token = operations.issue(user)
    with hashers(After):
        instance = fresh(user)
        assert instance.check_password(PASSWORD)
        assert status_of(token) == 200
        shell_of_one_field(instance)
        assert status_of(token) == 401


def test_an_upgrade_on_an_instance_that_was_saved_before_logs_nobody_out(
    hashed_before: Any,
) -> None:
    user, token = hashed_before
    instance = fresh(user)
    instance.save()
    assert instance.check_password(PASSWORD)
    assert status_of(token) == 200


def test_a_change_on_the_instance_from_authenticate_is_a_change(db: None) -> None:
    with hashers(Before):
        user = make_user()
        token = operations.issue(user)
    with hashers(After):
        name = {User.USERNAME_FIELD: user.get_username()}
        assert authenticate(None, password="wrong", **name) is None
        assert status_of(token) == 200
        found = authenticate(None, password=PASSWORD, **name)
        assert found == user
        assert status_of(token) == 200
        shell_with_a_hash_of_one_field(found)
        assert status_of(token) == 401


@pytest.mark.parametrize("upgrade", UPGRADES)
@pytest.mark.parametrize("second_upgrade", [check_password_of, check_password_of_async])
def test_two_parallel_upgrades_log_nobody_out(
    hashed_before: Any,
    upgrade: Callable[[Any], None],
    second_upgrade: Callable[[Any], None],
) -> None:
    """Two requests load the user before one of them upgrades the hash."""
    user, token = hashed_before
    second = fresh(user)
    upgrade(user)
    upgraded = fresh(user).password
    second_upgrade(second)
    assert fresh(user).password == upgraded
    assert status_of(token) == 200


def test_a_login_whose_upgrade_came_second_checks_the_password_again(hashed_before: Any) -> None:
    user, token = hashed_before
    with meanwhile(lambda: fresh(user).check_password(PASSWORD)):
        response = log_in(user)
    assert response.status_code == 200
    assert [status_of(key) for key in (token, response.data["token"])] == [200, 200]


@pytest.mark.parametrize("due", [True, False], ids=["due", "not due"])
@pytest.mark.parametrize("change", [update, shell])
def test_a_login_gets_no_token_if_the_password_changes_meanwhile(
    db: None, due: bool, change: Callable[[Any], None]
) -> None:
    """The password changes after the check and before the token is made."""
    with hashers(Before if due else After):
        user = make_user("cyd")
    with hashers(After):
        with meanwhile(lambda: change(fresh(user))):
            response = log_in(user)
        assert response.status_code == 400
        assert response.data == {
            "non_field_errors": ["Unable to log in with provided credentials."]
        }
        assert not Token.objects.exists()
        assert fresh(user).check_password(NEW)


@pytest.mark.parametrize(
    "make",
    [
        operations.issue,
        lambda user: operations.issue(user, kind="personal"),
        lambda user: Token.objects.create(user=user),
        lambda user: Token(user=user).save(),
        lambda user: Token.objects.bulk_create([Token(user=user)]),
    ],
    ids=["issue", "personal", "create", "save", "bulk_create"],
)
def test_an_outdated_password_creates_no_token(
    hashed_before: Any, make: Callable[[Any], Any]
) -> None:
    user, token = hashed_before
    stale = fresh(user)
    shell(fresh(user))
    assert stale.check_password(PASSWORD)
    with pytest.raises(PasswordChanged):
        make(stale)
    assert list(Token.objects.all()) == [token]


def test_an_upgrade_does_not_undo_a_change_at_the_same_time(hashed_before: Any) -> None:
    """A request loads the user before the change, and checks the old password after it."""
    user, token = hashed_before
    stale = fresh(user)
    shell(fresh(user))
    kept = Token.objects.create(user=fresh(user))
    assert stale.check_password(PASSWORD)
    assert fresh(user).check_password(NEW)
    assert [status_of(one) for one in (token, kept)] == [401, 200]


def test_a_password_made_unusable_during_the_login_is_a_change(db: None) -> None:
    with hashers(Before):
        user = make_user("cyd")
    with hashers(After):
        stale = fresh(user)
        User._default_manager.filter(pk=user.pk).update(password=make_password(None))
        assert stale.check_password(PASSWORD)
        with pytest.raises(PasswordChanged):
            operations.issue(stale)
        assert not fresh(user).has_usable_password()


def test_an_upgrade_saved_with_more_columns_logs_nobody_out(hashed_before: Any) -> None:
    """A user model's ``save()`` may add columns to ``update_fields``, or save all columns."""
    user, token = hashed_before
    plain_save = User.save

    def save(self: Any, **kwargs: Any) -> None:
        plain_save(self, **{**kwargs, "update_fields": {*kwargs["update_fields"], "is_active"}})

    with mock.patch.object(User, "save", save):
        assert fresh(user).check_password(PASSWORD)
    assert status_of(token) == 200


def test_an_upgrade_saved_with_all_columns_logs_nobody_out(hashed_before: Any) -> None:
    user, token = hashed_before
    plain_save = User.save
    with mock.patch.object(User, "save", lambda self, **kwargs: plain_save(self)):
        assert fresh(user).check_password(PASSWORD)
    assert status_of(token) == 200


@pytest.mark.parametrize("columns", [None, ["password"]])
def test_a_password_set_to_none_is_saved(user: Any, columns: list[str] | None) -> None:
    """After ``set_password(None)``, the instance looks as after Django's upgrade of a hash."""
    token = operations.issue(user)
    loaded = fresh(user)
    loaded.set_password(None)
    loaded.save(update_fields=columns)
    assert not fresh(user).has_usable_password()
    assert status_of(token) == 401


def test_a_password_saved_with_everything_else_is_never_discarded(user: Any) -> None:
    """The project clears ``_password``, as Django does if only the hash of a password changes."""
    loaded = fresh(user)
    loaded.set_password(NEW)
    loaded._password = None
    loaded.save()
    assert fresh(user).check_password(NEW)


def set_hash(user: Any) -> None:
    user.password = make_password(NEW)
    user.save(update_fields=["password"])


def created_with_a_password(user: Any) -> Any:
    return make_user("dan")


def changed_by_a_form(user: Any) -> Any:
    instance = fresh(user)
    instance.set_password(PASSWORD)
    instance.save()
    return instance


def changed_while_other_columns_were_saved(user: Any) -> Any:
    instance = fresh(user)
    instance.set_password(PASSWORD)
    instance.save(update_fields=["is_active"])
    return instance


@pytest.mark.parametrize(
    "before",
    [created_with_a_password, changed_by_a_form, changed_while_other_columns_were_saved],
)
def test_a_hash_assigned_after_a_change_on_the_same_instance_is_a_change(
    user: Any, before: Callable[[Any], Any]
) -> None:
    with hashers(Before):
        instance = before(user)
        User._default_manager.filter(pk=instance.pk).update(password=make_password(PASSWORD))
        token = operations.issue(fresh(instance))
    with hashers(After):
        set_hash(instance)
        assert status_of(token) == 401


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_that_cannot_be_saved_logs_nobody_out() -> None:
    with hashers(Before):
        token = operations.issue(make_user())
    user = User._default_manager.get()

    def fail(**kwargs: Any) -> None:
        raise ZeroDivisionError

    with hashers(After):
        pre_save.connect(fail, sender=User)
        try:
            with pytest.raises(ZeroDivisionError):
                user.check_password(PASSWORD)
        finally:
            pre_save.disconnect(fail, sender=User)
        assert status_of(token) == 200
        assert fresh(user).check_password(PASSWORD)
        assert status_of(token) == 200


# A user instance that was loaded before the change


@pytest.mark.parametrize("kind", ["login", "personal"])
def test_a_stale_user_gets_no_token_and_revokes_none(user: Any, kind: str) -> None:
    stale = fresh(user)
    shell(fresh(user))
    kept = operations.issue(fresh(user))
    with (
        override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1}),
        pytest.raises(PasswordChanged),
    ):
        operations.issue(stale, kind=kind)
    assert list(Token.objects.all()) == [kept]
    assert status_of(kept) == 200


def test_a_deleted_user_gets_no_token(user: Any) -> None:
    stale = fresh(user)
    user.delete()
    with pytest.raises(InactiveUser):
        operations.issue(stale)


def test_a_user_deleted_during_the_login_is_a_wrong_credential(db: None) -> None:
    user = make_user()
    with meanwhile(fresh(user).delete, of=type(get_hasher("default"))):
        response = log_in(user)
    assert response.status_code == 400
    assert response.data == WRONG


# Another SECRET_KEY, a second unusable password, other user models


def test_tokens_do_not_depend_on_secret_key(user: Any) -> None:
    with override_settings(SECRET_KEY="old"):
        tokens = [operations.issue(user, kind=kind) for kind in ("login", "personal")]
    with override_settings(SECRET_KEY="new"):
        tokens.append(operations.issue(user))
        assert [status_of(token) for token in tokens] == [200] * 3
    with override_settings(SECRET_KEY="old"):
        tokens.append(operations.issue(user))
        assert [status_of(token) for token in tokens] == [200] * 4
        listed = client_of(tokens[0]).get("/auth/tokens/").data["results"]
    assert {one["id"] for one in listed} == {token.pk for token in tokens}


def test_setting_an_unusable_password_again_is_not_a_change(user: Any) -> None:
    """Some single sign-on back ends set an unusable password at each login."""
    unusable(user)
    token = operations.issue(user)
    before = fresh(user).password
    unusable(fresh(user))
    assert fresh(user).password != before
    assert status_of(token) == 200
    shell(fresh(user))
    assert status_of(token) == 401


def test_an_unusable_password_makes_no_old_token_usable(user: Any) -> None:
    unusable(user)
    token = operations.issue(user)
    shell(fresh(user))
    unusable(fresh(user))
    assert status_of(token) == 401
    unusable(fresh(user))
    assert status_of(token) == 401


def test_saving_other_columns_of_a_user_with_an_unusable_password_locks_nothing(user: Any) -> None:
    unusable(user)
    instance = fresh(user)
    with queries() as asked:
        instance.save()
    assert len([sql for sql in asked if "drf_token_auth" in sql or "FOR " in sql]) == 0
    # One SELECT of the stored password, and Django's UPDATE of each table of the user model.
    tables = 1 + len(User._meta.get_parent_list())
    assert [sql.split()[0] for sql in asked] == ["SELECT", *["UPDATE"] * tables]


@isolate_apps("django.contrib.contenttypes")
def test_a_model_with_a_password_that_is_not_the_user_model_is_left_alone(user: Any) -> None:
    """The rows of the other model have the same primary keys as users."""

    class Customer(AbstractBaseUser):
        class Meta:
            app_label = "contenttypes"

    customer = Customer(pk=user.pk)
    customer.set_unusable_password()
    customer._state.adding = False
    with queries() as asked:
        pre_save.send(Customer, instance=customer, raw=False, using="default", update_fields=None)
    assert asked == []


@pytest.fixture
def own_session_hash(user: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make ``get_session_auth_hash()`` return the first item of the returned list."""
    values = ["one"]
    monkeypatch.setattr(User, "get_session_auth_hash", lambda self: values[0], raising=False)
    return values


def test_the_session_hash_of_a_user_model_decides(user: Any, own_session_hash: list[str]) -> None:
    token = operations.issue(user)
    shell(fresh(user))
    assert status_of(token) == 200
    own_session_hash[0] = "two"
    assert status_of(token) == 401


def test_the_user_of_a_session_has_the_session_hash_of_the_user_model(
    user: Any, own_session_hash: list[str]
) -> None:
    """Django's ``request.user`` is lazy. Its type is not the user model."""
    assert status_of(operations.issue(SimpleLazyObject(lambda: fresh(user)))) == 200


def test_no_row_is_deleted_for_a_stamp_that_another_server_may_know(
    user: Any, own_session_hash: list[str]
) -> None:
    token = operations.issue(user)
    own_session_hash[0] = "of another server"
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1}):
        operations.issue(user)
    own_session_hash[0] = "one"
    assert status_of(token) == 200


def test_change_password_revokes_the_others_with_any_session_hash(
    user: Any, own_session_hash: list[str]
) -> None:
    caller, other = operations.issue(user), operations.issue(user)
    with mock.patch.object(User, "get_session_auth_hash", lambda self: self.password):
        operations.change_password(fresh(user), NEW, keep=caller)
        assert [status_of(token) for token in (caller, other)] == [200, 401]
    assert list(Token.objects.all()) == [caller]


def test_a_user_model_without_a_password_binds_nothing(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = operations.issue(user)
    monkeypatch.setattr(passwords, "stamp", lambda user: None)
    monkeypatch.setattr(lookup, "stamp", lambda user: None)
    assert row(operations.issue(user)).user_stamp is None
    assert status_of(token) == 200
    listed = client_of(token).get("/auth/tokens/").data["results"]
    assert token.pk in [one["id"] for one in listed]


# The user


def test_a_deactivated_user_is_refused_at_once(user: Any) -> None:
    tokens = [operations.issue(user, kind=kind) for kind in ("login", "personal")]
    assert [status_of(token) for token in tokens] == [200, 200]
    User._default_manager.update(is_active=False)
    for token in tokens:
        response = client_of(token).get("/echo/")
        assert response.status_code == 401
        assert response.data["detail"].code == "user_inactive"
        assert Token.objects.from_key(token.key) is None
    User._default_manager.update(is_active=True)
    assert [status_of(token) for token in tokens] == [200, 200]


def test_an_expired_token_does_not_reveal_an_inactive_user(user: Any) -> None:
    token = operations.issue(user, ttl=timedelta(0))
    User._default_manager.update(is_active=False)
    assert client_of(token).get("/echo/").data["detail"].code == "token_expired"


def test_a_deleted_user_is_refused_at_once(user: Any) -> None:
    tokens = [operations.issue(user, kind=kind) for kind in ("login", "personal")]
    user.delete()
    assert not Token.objects.exists()
    for token in tokens:
        response = client_of(token).get("/echo/")
        assert response.status_code == 401
        assert response.data["detail"].code == "invalid_token"


def test_a_view_called_directly_refuses_a_token_with_an_old_password(user: Any) -> None:
    """Every lookup of a key compares the stamp, also if no middleware runs."""
    token = operations.issue(user)
    shell(fresh(user))
    request = APIRequestFactory().post("/auth/logout/", HTTP_AUTHORIZATION=f"Token {token.key}")
    assert LogoutView.as_view()(request).status_code == 401
    assert Token.objects.filter(pk=token.pk).exists()
