"""The dry run lists the changes that a project still needs, each with the line to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects_on_disk import Project

FILES = {
    "shop/__init__.py": "",
    "shop/apps.py": """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from shop import receivers
""",
    "shop/models.py": """
from django.db import models
from rest_framework.authtoken.models import Token


class Device(models.Model):
    token = models.ForeignKey(Token, models.CASCADE)


class ApiKey(Token):
    class Meta:
        proxy = True
""",
    "shop/receivers.py": """
from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from rest_framework.authtoken.models import Token


@receiver(post_save, sender=get_user_model())
def give_token(sender, instance, created, **kwargs):
    if created:
        Token.objects.create(user=instance)


@receiver(post_save, sender=get_user_model())
def greet(sender, instance, **kwargs):
    pass


@receiver(post_delete, sender=Token)
def note_the_end(sender, instance, **kwargs):
    pass
""",
    "shop/admin.py": """
from django.contrib import admin
from django.contrib.auth import get_user_model
from shop.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    pass


class ApiKeyInline(admin.StackedInline):
    model = ApiKey


class UserAdmin(admin.ModelAdmin):
    inlines = [ApiKeyInline]


if admin.site.is_registered(get_user_model()):
    admin.site.unregister(get_user_model())
admin.site.register(get_user_model(), UserAdmin)
""",
    "shop/auth.py": """
from rest_framework.authentication import TokenAuthentication


class BearerAuthentication(TokenAuthentication):
    keyword = "Bearer"


class KeyAuthentication(TokenAuthentication):
    keyword = "Api-Key"
""",
    "shop/views.py": """
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.response import Response
from rest_framework.views import APIView
from shop.auth import BearerAuthentication, KeyAuthentication


class LoginView(ObtainAuthToken):
    pass


class KeyView(APIView):
    authentication_classes = [BearerAuthentication, KeyAuthentication]
""",
    "urls.py": """
from django.contrib import admin
from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token
from shop.views import KeyView, LoginView

api = [path("login/", obtain_auth_token), path("v2/login/", LoginView.as_view())]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(api)),
    path("key/", KeyView.as_view()),
]
""",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("authtoken", "0001_initial")]
    operations = []
""",
    "shop/fixtures/keys.json": '[{"model": "authtoken.token", "pk": "a", "fields": {}}]',
    "shop/fixtures/shop.json": "[]",
}

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
DRFS = "rest_framework.authentication.TokenAuthentication"
SETTINGS = [
    'INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework.authtoken", "shop"]',
    'ROOT_URLCONF = "urls"',
    f'REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}", "{DRFS}"]}}',
    'DRF_TOKEN_AUTH = {"UNKNOWN_KEYS": "pass"}',
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Project(tmp_path, "default_user", *SETTINGS)


def test_each_leftover_is_named_with_the_line_to_write(project: Project) -> None:
    project.manage("migrate", "--run-syncdb", "--verbosity=0")
    said = project.manage("import_tokens", "authtoken", "--dry-run")
    head, _, rest = said.partition("Left to change before you remove 'rest_framework.authtoken':\n")
    assert "rows in authtoken_token " in head
    named = dict(one.split("\n", 1) for one in rest.strip().split("\n\n"))
    ours = "drf_token_auth.authentication"
    expected = {
        'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] names '
        "rest_framework.authentication.TokenAuthentication": (
            f'Write "{ours}.ExpiringTokenAuthentication" instead.'
        ),
        "shop.views.KeyView.authentication_classes names shop.auth.BearerAuthentication": (
            f"from {ours} import BearerTokenAuthentication\n"
            "    class BearerAuthentication(BearerTokenAuthentication):"
        ),
        "shop.views.KeyView.authentication_classes names shop.auth.KeyAuthentication": (
            f"from {ours} import ExpiringTokenAuthentication\n"
            "    class KeyAuthentication(ExpiringTokenAuthentication):\n"
            "        keyword = 'Api-Key'"
        ),
        "The URL 'api/login/' is answered by rest_framework.authtoken.views.ObtainAuthToken": (
            "from drf_token_auth.views import LoginView\n"
            "    path('api/login/', LoginView.as_view())"
        ),
        "The URL 'api/v2/login/' is answered by shop.views.LoginView": (
            "class LoginView(views.LoginView):"
        ),
        "The field shop.Device.token points at authtoken.Token": (
            "token = models.ForeignKey('drf_token_auth.Token', …)\n"
            "    Find the new row of an old one with drf_token_auth.importers.digests_of()."
        ),
        "The model shop.ApiKey is a proxy of authtoken.Token": (
            "from drf_token_auth.models import Token\n    class ApiKey(Token):"
        ),
        "The migration shop.0001_initial depends on the app 'authtoken'": "NodeNotFoundError",
        "shop.receivers.give_token receives post_save of the user model and uses authtoken.Token": (
            "If it makes a token for a user, remove it: nobody would see the key."
        ),
        "shop.receivers.note_the_end receives post_delete of authtoken.Token": "token_revoked",
        "shop.admin.ApiKeyAdmin is registered for authtoken.Token": "TokenAdminMixin",
        "shop.admin.ApiKeyInline is an inline of shop.admin.UserAdmin": (
            "The prefix of its form becomes 'drf_token_auth_token_set'."
        ),
        f"The fixture {project.home / 'shop/fixtures/keys.json'} has rows of authtoken.token": (
            "Token.objects.create(user=user"
        ),
    }
    assert {where.removeprefix("* ") for where in named} == set(expected)
    for where, write in expected.items():
        assert write in named[f"* {where}"], where


def test_a_project_without_leftovers_says_so(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        "default_user",
        'INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework.authtoken"]',
    )
    project.manage("migrate", "--verbosity=0")
    said = project.manage("import_tokens", "authtoken", "--dry-run")
    assert said.endswith(
        "Nothing that Django can see uses 'rest_framework.authtoken'. "
        "Search your code as the guide says.\n"
    )
