from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.views.whole_api import set_defaults


def pytest_configure(config: pytest.Config) -> None:
    # A deprecation warning in a neighbour's own code is not a fault of this package.
    for line in ("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"):
        config.addinivalue_line("filterwarnings", line)
        config.addinivalue_line("filterwarnings", f"error{line[6:]}:drf_token_auth")


CSV = "rest_framework_csv.renderers.CSVRenderer"
CAMEL_CASE = "djangorestframework_camel_case.render.CamelCaseJSONRenderer"
# Defaults of projects whose first renderer is not JSON.
RENDERERS = {
    "templates": ["rest_framework.renderers.TemplateHTMLRenderer"],
    "templates and JSON": [
        "rest_framework.renderers.TemplateHTMLRenderer",
        "rest_framework.renderers.JSONRenderer",
    ],
    "CSV": [CSV],
}


@pytest.fixture(params=RENDERERS)
def prefers_another_renderer(request: Any, monkeypatch: Any, settings: Any) -> None:
    set_defaults(monkeypatch, settings, RENDERER_CLASSES=RENDERERS[request.param])


@pytest.fixture
def has_its_own_json_renderer(monkeypatch: Any, settings: Any) -> None:
    set_defaults(monkeypatch, settings, RENDERER_CLASSES=[CSV, CAMEL_CASE])


@pytest.fixture
def operator(user: Any) -> Client:
    """A browser in which a superuser is logged in."""
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def usable_token(user: Any) -> Any:
    """A usable token of a user who also has two expired tokens."""
    from drf_token_auth import operations

    usable, *expired = (operations.issue(user) for _ in range(3))
    for token in expired:
        token.expires_at = timezone.now()
        token.save()
    return usable
