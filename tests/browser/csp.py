"""The strictest Content-Security-Policy under which the pages must work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

STRICTEST = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# htmx, Turbo and the admin's field for a user send requests by script.
WITH_FETCH = f"{STRICTEST}; connect-src 'self'"


def add_policy(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def middleware(request: Any) -> Any:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = settings.CONTENT_SECURITY_POLICY
        return response

    return middleware
