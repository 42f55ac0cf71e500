from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from drf_token_auth.views import LoginView
from web.events import events

# The page's script holds a key, so this policy allows no other script and no frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class TourView(TemplateView):
    template_name = "web/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        credentials = {"email": settings.DEMO_EMAIL, "password": settings.DEMO_PASSWORD}
        return super().get_context_data(**kwargs, **credentials)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        headers = {"Content-Security-Policy": POLICY}
        return super().render_to_response(context, headers=headers, **kwargs)


@never_cache
def event_list(request: HttpRequest) -> JsonResponse:
    """List what has happened to tokens. Only a demonstration shows this to every visitor."""
    return JsonResponse({"events": list(events)})


class OneMinuteLoginView(LoginView):
    """A login whose token expires while you watch."""

    def get_ttl(self, request: Any, user: Any) -> timedelta:
        return timedelta(minutes=1)
