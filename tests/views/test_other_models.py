"""Projects whose tokens have other primary keys, or whose users log in with other fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects_on_disk import Project

PRIMARY_KEYS = {
    "UUID": "models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)",
    "text": "models.CharField(primary_key=True, max_length=32, default=text, editable=False)",
}
TOKENS = """
import uuid
from django.db import models
from drf_token_auth.base_models import AbstractToken

def text():
    return uuid.uuid4().hex

class ApiToken(AbstractToken):
    id = {}
"""
ACCOUNTS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Users(BaseUserManager):
    def create_user(self, name, password):
        user = self.model(**{{self.model.USERNAME_FIELD: name}})
        user.set_password(password)
        user.save()
        return user

class User(AbstractBaseUser):
    {field}
    is_active = models.BooleanField(default=True)
    objects = Users()
    USERNAME_FIELD = {name!r}
"""
BEGIN = """
import json
from django.contrib.auth import get_user_model
from django.core.management import call_command
from rest_framework.test import APIClient
call_command("migrate", verbosity=0, run_syncdb=True)
"""
NO_MIGRATIONS = """
class WithoutMigrations:
    def __contains__(self, label): return True
    def __getitem__(self, label): return None
MIGRATION_MODULES = WithoutMigrations()
"""


def project(home: Path, app: str, models: str, *lines: str) -> Project:
    (home / app).mkdir()
    (home / app / "__init__.py").touch()
    (home / app / "models.py").write_text(models, "utf-8")
    return Project(home, "base", f"INSTALLED_APPS += [{app!r}]", NO_MIGRATIONS, *lines)


@pytest.mark.parametrize("primary_key", PRIMARY_KEYS)
def test_every_route_works_with_another_primary_key(tmp_path: Path, primary_key: str) -> None:
    """The JSON and the path show the same id. A UUID is shown as text."""
    made = project(
        tmp_path,
        "own",
        TOKENS.format(PRIMARY_KEYS[primary_key]),
        'DRF_TOKEN_AUTH_TOKEN_MODEL = "own.ApiToken"',
        'DRF_TOKEN_AUTH = {"LOGIN_RATES": None}',
    )
    found = made.python(
        BEGIN
        + """
from tests.conftest import make_user
from tests.views.whole_api import assert_refusals, assert_routes_work
user = make_user()
for form in ("json", "form"):
    assert_routes_work(user, form)
    assert_refusals(user, form)
print(json.dumps("walked"))
"""
    )
    assert found == "walked"


NUMBER = ACCOUNTS.format(field="number = models.IntegerField(unique=True)", name="number")
# Two accounts may share one name. The login's field for the device's name is also "name".
SHARED = ACCOUNTS.format(field="name = models.CharField(max_length=20)", name="name")
SHARED_LINES = (
    'AUTH_USER_MODEL = "staff.User"',
    'SILENCED_SYSTEM_CHECKS = ["auth.E003", "auth.W004"]',
)


def test_accounts_named_by_a_number_can_log_in(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        "staff",
        NUMBER,
        'AUTH_USER_MODEL = "staff.User"',
        'INSTALLED_APPS = [one for one in INSTALLED_APPS if one not in ("django.contrib.admin", '
        '"tests.projects.accounts", "tests.projects.early")]',
        'ROOT_URLCONF = "drf_token_auth.urls"',
        'DRF_TOKEN_AUTH = {"LOGIN_RATES": {"address": None, "account": "3/day"}}',
    )
    found = made.python(
        BEGIN
        + """
get_user_model().objects.create_user(7, "correct horse")
def log_in(name, field="username", password="correct horse"):
    data = {field: name, "password": password}
    answer = APIClient().post("/login/", data, format="json")
    return answer.status_code
print(json.dumps({
    "right": [log_in("7"), log_in(7, "number"), log_in("\\uff17")],
    "one count": log_in(" 7 "),
    "no number": [log_in(one, field) for field in ("username", "number")
                  for one in ("abc", "9" * 30, "7x", "1e400", "0x7")],
}))
"""
    )
    assert found == {"right": [200] * 3, "one count": 429, "no number": [400] * 10}


def test_a_login_with_a_name_of_two_accounts_is_refused(tmp_path: Path) -> None:
    """Either of the two could be meant."""
    made = project(
        tmp_path,
        "staff",
        SHARED,
        *SHARED_LINES,
        'INSTALLED_APPS = [one for one in INSTALLED_APPS if one not in ("django.contrib.admin", '
        '"tests.projects.accounts", "tests.projects.early")]',
        'ROOT_URLCONF = "drf_token_auth.urls"',
    )
    found = made.python(
        BEGIN
        + """
for name in ("ada", "bob", "bob"):
    get_user_model().objects.create_user(name, "correct horse")
def log_in(**data):
    answer = APIClient().post("/login/", {"password": "correct horse", **data}, format="json")
    return [answer.status_code, answer.json().get("name")]
print(json.dumps([
    log_in(name="ada"), log_in(username="ada", name="phone"), log_in(name="bob")
]))
"""
    )
    assert found == [[200, ""], [200, "phone"], [400, None]]


UNUSUAL = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Person(models.Model):
    code = models.CharField(max_length=20, unique=True)

class Phone:
    def __init__(self, digits):
        self.digits = digits

class PhoneField(models.CharField):
    def from_db_value(self, value, expression, connection):
        return Phone(value)
    def get_prep_value(self, value):
        digits = getattr(value, "digits", value)
        if not str(digits).startswith("+"):
            raise ValueError("A phone number begins with a plus sign.")
        return str(digits)

class User(AbstractBaseUser):
    {field}
    state = models.CharField(max_length=9, default="on")
    objects = BaseUserManager()
    USERNAME_FIELD = {name!r}

    @property
    def is_active(self):
        return self.state == "on"
"""
# A user model that has only what Django's checks and the project's own backend need.
BARE = """
from django.contrib.auth.hashers import check_password, make_password
from django.db import models

class User(models.Model):
    email = models.EmailField(unique=True)
    secret = models.CharField(max_length=200)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    is_anonymous = False
    is_authenticated = True

class Backend:
    def authenticate(self, request, username=None, password=None):
        user = User.objects.filter(email=username).first()
        return user if user and check_password(password, user.secret) else None
"""


@pytest.mark.parametrize("debug", [False, True])
def test_accounts_of_a_bare_model_can_use_tokens(tmp_path: Path, debug: bool) -> None:
    """The manager has no ``get_by_natural_key()``, and the user has no ``get_username()``."""
    made = project(
        tmp_path,
        "staff",
        BARE,
        'AUTH_USER_MODEL = "staff.User"',
        'AUTHENTICATION_BACKENDS = ["staff.models.Backend"]',
        f"DEBUG = {debug}",
        'INSTALLED_APPS = [one for one in INSTALLED_APPS if one not in ("django.contrib.admin", '
        '"tests.projects.accounts", "tests.projects.early")]',
        'ROOT_URLCONF = "drf_token_auth.urls"',
    )
    found = made.python(
        BEGIN
        + """
from django.core.management import CommandError
from drf_token_auth import get_token_model
from staff.models import User, make_password
User.objects.create(email="ada@example.com", secret=make_password("correct horse"))
def post(path, key=None, **data):
    client = APIClient(raise_request_exception=False)
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client.post(path, data, format="json")
def log_in(name, password="correct horse"):
    return post("/login/", username=name, password=password)
login = log_in("ada@example.com")
key = login.json().get("token")
statuses = {
    "login": login.status_code,
    "wrong": [log_in("ada@example.com", "x").status_code, log_in("bob@example.com").status_code],
    "tokens": post("/tokens/", key, name="ci").status_code,
    "label": str(get_token_model().objects.select_related("user").last())[-15:],
    "logout": post("/logout/all/", key).status_code,
}
try:
    call_command("create_token", "bob@example.com")
except CommandError as error:
    statuses["nobody"] = "bob@example.com" in str(error)
arguments = ["--user", "ada@example.com", "--no-input"]
call_command("revoke_tokens", *arguments, stdout=open("out.txt", "w"))
statuses["left"] = get_token_model().objects.count()
print(json.dumps(statuses))
"""
    )
    assert found == {
        "login": 200,
        "wrong": [400, 400],
        "tokens": 201,
        "label": "ada@example.com",
        "logout": 204,
        "nobody": True,
        "left": 0,
    }


FIELDS = {
    "person": "models.ForeignKey(Person, models.CASCADE, to_field='code', unique=True)",
    "phone": "PhoneField(max_length=20, unique=True)",
    "login": "models.CharField(max_length=20, primary_key=True)",
    "ref": "models.UUIDField(unique=True)",
}
NAMES = {"phone": "+8210", "ref": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}


@pytest.mark.parametrize("name", FIELDS)
def test_accounts_of_unusual_models_can_use_tokens(tmp_path: Path, name: str) -> None:
    """The name of the account is an object or the primary key, and ``is_active`` is no column."""
    made = project(
        tmp_path,
        "staff",
        UNUSUAL.format(field=f"{name} = {FIELDS[name]}", name=name),
        'AUTH_USER_MODEL = "staff.User"',
        'INSTALLED_APPS = [one for one in INSTALLED_APPS if one not in ("django.contrib.admin", '
        '"tests.projects.accounts", "tests.projects.early")]',
        'ROOT_URLCONF = "drf_token_auth.urls"',
    )
    found = made.python(
        BEGIN
        + f"name, field = {NAMES.get(name, 'ada')!r}, {name!r}"
        + """
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_token_auth import get_token_model
from staff.models import Person, User
Person.objects.create(code=name)
user = User(**{User._meta.get_field(field).attname: name})
user.set_password("correct horse")
user.save()
def post(path, key=None, **data):
    client = APIClient(raise_request_exception=False)
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client.post(path, data, format="json")
def log_in(field, name):
    return post("/login/", password="correct horse", **{field: name})
key = log_in(field, name).json()["token"]
call_command("create_token", name, stdout=open("key.txt", "w"))
def label_queries():
    token = get_token_model().objects.select_related("user").first()
    with CaptureQueriesContext(connection) as queries:
        str(token)
    return len(queries)
statuses = {
    "login": log_in("username", name).status_code,
    "wrong": [log_in(field, one).status_code for one in ("", "x", 0, 1.5, "9" * 99, "\\0", [])],
    "tokens": post("/tokens/", key, name="ci").status_code,
    "rotate": post("/token/rotate/", key).status_code,
    "labels": len({str(one) for one in get_token_model().objects.select_related("user")}),
    "queries": label_queries(),
}
User.objects.update(state="off")
statuses["inactive"] = [log_in(field, name).status_code, post("/logout/", key).status_code]
call_command("revoke_tokens", "--user", name, "--no-input", stdout=open("out.txt", "w"))
statuses["left"] = get_token_model().objects.count()
print(json.dumps(statuses))
"""
    )
    assert found == {
        "login": 200,
        "wrong": [400] * 7,
        "tokens": 201,
        "rotate": 200,
        "labels": 4,
        "queries": 0,
        "inactive": [400, 401],
        "left": 0,
    }
