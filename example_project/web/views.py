from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.generic import TemplateView

# The page's script holds a key: no other script runs beside it, and no frame is laid over it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class PageView(TemplateView):
    template_name = "web/index.html"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        headers = {"Content-Security-Policy": POLICY}
        return super().render_to_response(context, headers=headers, **kwargs)
