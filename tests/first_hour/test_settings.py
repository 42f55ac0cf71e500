"""Mistakes in a new project's settings, and the message of ``manage.py`` about each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.projects_on_disk import Project

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
ALLOW = "rest_framework.permissions.AllowAny"
LISTED = 'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]'


def authenticators(value: str) -> str:
    return f"{LISTED} = {value}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (authenticators(f'("{OURS}")'), f'Add a comma: ("{OURS}",).'),
        (
            authenticators('["rest_framework.authentication.TokenAuthentication"]'),
            f"needs rest_framework.authtoken, which is not in INSTALLED_APPS.\n\tHINT: Use {OURS}.",
        ),
        (
            f'REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] = "{ALLOW}"',
            f'Add a comma: ("{ALLOW}",).',
        ),
        (
            'REST_FRAMEWORK["DEFAULT_PARSER_CLASSES"] = None',
            'Write "DEFAULT_PARSER_CLASSES": ["…"]',
        ),
        ("DRF_TOKEN_AUTH = {'TTL': 'never'}", "Did you mean None?"),
        ("DRF_TOKEN_AUTH = {'PREFIX': 'Bearer'}", "not the word in the Authorization header"),
        (
            "DRF_TOKEN_AUTH = {'DEFAULT_AUTHENTICATION_CLASSES': []}",
            "Write it into the dict REST_FRAMEWORK.",
        ),
        ("DRF_TOKEN_AUTH = [('TTL', None)]", "DRF_TOKEN_AUTH must be a dict, but it is of type li"),
        ("DRF_TOKEN_AUTH = {'TTL': 3600}", "Did you mean timedelta(seconds=3600)?"),
        ("DRF_TOKEN_AUTH = {'TOKEN_TTL': None}", "Did you mean 'TTL'?"),
        ("DRF_TOKENAUTH = {'TTL': None}", "Did you mean 'DRF_TOKEN_AUTH'?"),
    ],
)
def test_a_mistake_is_one_error_with_the_line_to_write(
    tmp_path: Path, line: str, said: str
) -> None:
    error = Project(tmp_path, "default_user", line).refuse("check")
    assert said in error
    assert "System check identified 1 issue" in error


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            authenticators(f'["{OURS}" "{SESSION}"]'),
            f'A comma is missing between two classes. Write "{OURS}", "{SESSION}".',
        ),
        (
            "REST_FRAMEWORK = None",
            "REST_FRAMEWORK must be a dict, but it is None. Write REST_F",
        ),
        (
            "REST_FRAMEWORK = []",
            "REST_FRAMEWORK must be a dict, but it is []. Write REST_F",
        ),
        (
            "DRF_TOKEN_AUTH_TOKEN_MODEL = 5",
            'DRF_TOKEN_AUTH_TOKEN_MODEL must be "app_label.ModelName", but it is 5.',
        ),
        (
            'INSTALLED_APPS.remove("drf_token_auth")',
            'Add "drf_token_auth" to INSTALLED_APPS and run migrate.',
        ),
    ],
)
def test_a_mistake_that_stops_the_start_is_named_in_the_last_line(
    tmp_path: Path, line: str, said: str
) -> None:
    done = Project(tmp_path, "default_user", line).run("-m", "django", "check")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert said in last


def test_an_entry_that_is_not_text_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "bare_urls.py").write_text(
        "from django.urls import include, path\n"
        "urlpatterns = [path('auth/', include('drf_token_auth.urls'))]\n"
    )
    lines = [
        authenticators("[object()]"),
        "ROOT_URLCONF = 'bare_urls'",
        # The models of this app import DRF's views, and this import fails with the wrong entry.
        'INSTALLED_APPS.remove("tests.projects.early")',
    ]
    error = Project(tmp_path, "default_user", *lines).refuse("check")
    assert "which is not a dotted path" in error


def test_a_project_that_forgot_the_authenticator_is_warned(tmp_path: Path) -> None:
    lines = [authenticators(f'["{SESSION}"]')]
    done = Project(tmp_path, "default_user", *lines).run("-m", "django", "check")
    assert done.returncode == 0
    assert "(drf_token_auth.W008)" in done.stderr
    assert f'Write REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["{OURS}"].' in done.stderr


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("", True),
        ('REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"] = ["rest_framework.renderers.JSON"]', False),
    ],
)
def test_a_browsable_api_without_its_templates_is_found(
    tmp_path: Path, line: str, is_found: bool
) -> None:
    lines = [authenticators(f'["{OURS}"]'), 'INSTALLED_APPS.remove("rest_framework")', line]
    done = Project(tmp_path, "default_user", *lines).run("-m", "django", "check")
    assert ("(drf_token_auth.W011)" in done.stderr) is is_found
    assert ('Add "rest_framework" to INSTALLED_APPS.' in done.stderr) is is_found


@pytest.mark.parametrize(
    "line",
    [
        'DRF_TOKEN_AUTH_HEADER = "X-Api-Key"',
        'DRF_TOKEN_AUTH_FRONTEND_URL = "https://example.com"',
        'SECRET_KEY = b"bytes"; DRF_TOKEN_AUTH = {"PEPPERS": {1: "p" * 32}}',
    ],
)
def test_a_right_setting_gives_no_error(tmp_path: Path, line: str) -> None:
    Project(tmp_path, "default_user", line).assert_no_errors()


def test_a_missing_secret_key_is_left_to_django(tmp_path: Path) -> None:
    """A check compares the peppers with SECRET_KEY. It must not fail if SECRET_KEY is empty."""
    lines = ['SECRET_KEY = ""', 'DRF_TOKEN_AUTH = {"PEPPERS": {1: "p" * 32}}']
    project = Project(tmp_path, "default_user", *lines)
    assert "no issues" in project.manage("check")
    done = project.run("-m", "django", "check", "--deploy")
    assert done.returncode == 0
    assert "(security.W009) Your SECRET_KEY" in done.stderr
    assert set(re.findall(r"\(drf_token_auth\.(\w+)\)", done.stderr)) == {"W004"}


def test_a_class_that_is_not_an_authenticator_is_an_error(tmp_path: Path) -> None:
    line = authenticators('["drf_token_auth.models.Token"]')
    error = Project(tmp_path, "default_user", line).refuse("check")
    assert "which is not an authenticator: it has no authenticate()." in error


@pytest.mark.parametrize("value", ["''", "'0'", "'0:00'", "0"])
def test_the_hint_for_an_empty_lifetime_is_a_usable_line(tmp_path: Path, value: str) -> None:
    line = f"DRF_TOKEN_AUTH = {{'TTL': {value}}}"
    error = Project(tmp_path, "default_user", line).refuse("check")
    assert 'HINT: Write DRF_TOKEN_AUTH = {"TTL": timedelta(days=14)}' in error


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ('path("auth", include("drf_token_auth.urls"))', 'Write path("auth/", include('),
        ('path("/auth/", include("drf_token_auth.urls"))', 'Write path("auth/", include('),
        ('path("a", include("drf_token_auth.pages.urls"))', '"drf_token_auth.pages.urls"'),
        ('path("x", include([path("auth", include("drf_token_auth.urls"))]))', "at 'xauth', so"),
        ('path("x", include([path("/auth/", include("drf_token_auth.urls"))]))', ""),
        (
            're_path("^(a|b)/?", include([path("auth", include("drf_token_auth.urls"))]))',
            "at 'auth'",
        ),
        ('re_path("^auth/?", include("drf_token_auth.urls"))', ""),
        ('path("auth/", include("drf_token_auth"))', 'Write include("drf_token_auth.urls").'),
        ('path("", include("drf_token_auth.urls"))', ""),
        ('path("auth/", include("drf_token_auth.urls"))', ""),
        ('re_path("^auth/", include("drf_token_auth.urls"))', ""),
    ],
)
def test_a_wrong_route_of_our_urls_is_found(tmp_path: Path, urls: str, said: str) -> None:
    (tmp_path / "own_urls.py").write_text(
        f"from django.urls import include, path, re_path\nurlpatterns = [{urls}]\n"
    )
    lines = [authenticators(f'["{OURS}"]'), "ROOT_URLCONF = 'own_urls'"]
    done = Project(tmp_path, "default_user", *lines).run("-m", "django", "check")
    assert said in done.stderr
    assert ("W015" in done.stderr) is ("so the addresses" in done.stderr)
    assert ("no issues" in done.stdout + done.stderr) is (said == "")
