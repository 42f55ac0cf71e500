"""A site with the pages, a login page, and pages that use htmx and Turbo."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import path
from django.views.generic import TemplateView

from tests.browser import operators
from tests.browser.vendor import script
from tests.pages.urls import urlpatterns as others


def vendor(request: Any, name: str) -> HttpResponse:
    return HttpResponse(script(name), content_type="text/javascript")


urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="login.html")),
    path("vendor/<name>", vendor),
    path("with-htmx/", TemplateView.as_view(template_name="with_htmx.html")),
    path("with-turbo/", TemplateView.as_view(template_name="with_turbo.html")),
    path("operators/", operators.site.urls),
    path("favicon.ico", lambda request: HttpResponse(status=204)),
    *others,
]
