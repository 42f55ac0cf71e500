"""Check a project that uses the pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core import checks
from django.core.checks import Error, Tags
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.module_loading import import_string

from ..checks.shared import Messages, check

__all__: list[str] = []

ID = "drf_token_auth_pages"


@check(Tags.compatibility)
def check_main_app() -> Messages:
    """E001: the app ``drf_token_auth`` is not installed."""
    if "drf_token_auth" not in {config.name for config in apps.get_app_configs()}:
        yield Error(
            'INSTALLED_APPS has "drf_token_auth.pages" but not "drf_token_auth".',
            hint='Add "drf_token_auth" to INSTALLED_APPS.',
            id=f"{ID}.E001",
        )


@check(Tags.security)
def check_middleware() -> Messages:
    """E002: the pages cannot know the user. W001: the project's other forms are not protected."""
    if not _has_middleware(AuthenticationMiddleware):
        yield Error(
            "The pages need to know the user of the session, but MIDDLEWARE has no "
            "AuthenticationMiddleware.",
            hint='Add "django.contrib.sessions.middleware.SessionMiddleware" and '
            '"django.contrib.auth.middleware.AuthenticationMiddleware" to MIDDLEWARE.',
            id=f"{ID}.E002",
        )
    if not _has_middleware(CsrfViewMiddleware):
        yield checks.Warning(
            "MIDDLEWARE has no CsrfViewMiddleware. The pages protect themselves, but your "
            "other forms are not protected.",
            hint='Add "django.middleware.csrf.CsrfViewMiddleware" to MIDDLEWARE.',
            id=f"{ID}.W001",
        )


def _has_middleware(wanted: type) -> bool:
    """Return whether the middleware or a subclass of it is in use."""
    paths = settings.MIDDLEWARE
    for path in paths if isinstance(paths, (list, tuple)) else ():
        try:
            middleware = import_string(path)
        except Exception:  # noqa: BLE001, S112 -- a wrong path fails when Django starts
            continue
        if isinstance(middleware, type) and issubclass(middleware, wanted):
            return True
    return False


@check(Tags.templates)
def check_templates() -> Messages:
    """E003: Django does not find the templates of the pages."""
    if not _finds_templates():
        yield Error(
            "Django does not find the templates of drf_token_auth.pages.",
            hint='Set "APP_DIRS": True for the DjangoTemplates backend in TEMPLATES.',
            id=f"{ID}.E003",
        )


def _finds_templates() -> bool:
    try:
        get_template("drf_token_auth/pages/page.html")
    except TemplateDoesNotExist:
        return False
    except Exception:  # noqa: BLE001 -- Django's own checks report broken TEMPLATES
        return True
    return True


@check(Tags.urls)
def check_login_url() -> Messages:
    """E004: a user who is not logged in would be sent to a page that does not exist."""
    if _leads_nowhere(settings.LOGIN_URL):
        # Leave out a lazy URL: repr() of it raises if no URL pattern matches.
        shown = f" ({settings.LOGIN_URL!r})" if isinstance(settings.LOGIN_URL, str) else ""
        yield Error(
            f"The pages send users to LOGIN_URL{shown} to log in, but no URL pattern matches it.",
            hint="Set LOGIN_URL to the path or the name of your login page, such as "
            'LOGIN_URL = "/accounts/login/".',
            id=f"{ID}.E004",
        )


def _leads_nowhere(url: Any) -> bool:
    try:
        reverse("token_pages:devices")
    except Exception:  # noqa: BLE001 -- the pages are not in use, or the URLconf is broken
        return False
    try:
        login = urlsplit(resolve_url(url))
        if not login.netloc:
            resolve(login.path)
    except (NoReverseMatch, Resolver404):
        return True
    return False
