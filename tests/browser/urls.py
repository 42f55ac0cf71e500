from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import path
from django.views.generic import TemplateView

from tests.pages.urls import urlpatterns as others

urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="login.html")),
    path("with-htmx/", TemplateView.as_view(template_name="with_htmx.html")),
    path("with-turbo/", TemplateView.as_view(template_name="with_turbo.html")),
    path("favicon.ico", lambda request: HttpResponse(status=204)),
    *others,
]
