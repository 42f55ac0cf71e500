"""The base class of all pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import router
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.generic import View

from ... import get_token_model
from ...base_models import AbstractToken, Kind
from ...conf import get_settings
from ...contrib.session_tokens import tied_id
from ...managers import TokenQuerySet
from ...rows.locking import outside_atomic_requests
from ..rows import TokenRow, row_of

__all__ = ["LIST_OF", "IndexView", "PageView"]

APP_NAME = "token_pages"
LIST_OF = {Kind.LOGIN: "devices", Kind.PERSONAL: "tokens"}


class PageView(LoginRequiredMixin, View):
    """A page for the user of the session.

    ``kind`` says which tokens the page is about. Each page also works, and stays safe, in a project
    without ``CsrfViewMiddleware`` and ``XFrameOptionsMiddleware``.
    """

    base_template = "drf_token_auth/pages/base.html"
    template_name: str
    kind: str
    title: Any = ""
    # The label of the link to the list of API tokens.
    tokens_label: Any = _("API tokens")
    headers = {"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return outside_atomic_requests(super().as_view(**initkwargs))

    @method_decorator(sensitive_post_parameters())
    @method_decorator(never_cache)
    @method_decorator(csrf_protect)
    @sensitive_variables()
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "GET" and request.headers.get("HX-Request"):
            # htmx would insert this page into another page, and ignore its style sheet and headers.
            # So tell htmx to let the browser load the page.
            response: Any = HttpResponse(headers={"HX-Redirect": request.get_full_path()})
        else:
            try:
                response = super().dispatch(request, *args, **kwargs)
            except Http404:
                response = self.render_missing()
        for name, value in self.headers.items():
            response.headers[name] = value
        return response

    @property
    def database(self) -> str:
        """Return the alias of the primary. A replica may still show a token that was revoked."""
        return router.db_for_write(get_token_model())

    def tokens_of(self, kind: str) -> TokenQuerySet[AbstractToken]:
        """Return the user's usable tokens of this kind."""
        tokens: Any = get_token_model()._default_manager.using(self.database)
        usable: TokenQuerySet[AbstractToken] = tokens.alive_for(self.request.user)
        return usable.filter(kind=kind)

    def get_queryset(self) -> TokenQuerySet[AbstractToken]:
        """Hook: return the tokens that the page may show and change."""
        return self.tokens_of(self.kind)

    def get_token(self) -> AbstractToken:
        """Return the token that the URL names. Answer 404 if the page may not show it.

        For example, it has expired, or it is another user's.
        """
        token = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if token is None:
            raise Http404
        return token

    def may_make_token(self) -> bool:
        """Hook: return whether this user may make API tokens at all."""
        return True

    def page_url(self, name: str, pk: Any = None) -> str:
        """Return the URL of the page with this name. A page of one token needs its ``pk``."""
        match: Any = self.request.resolver_match
        values = {} if pk is None else {"pk": pk}
        if match.app_names[-1:] == [APP_NAME]:
            # The project's path to the pages may have arguments of its own, such as a tenant.
            outer = match.kwargs.keys() - {"pk", *match.extra_kwargs}
            values |= {key: match.kwargs[key] for key in outer}
            return reverse(f"{match.namespace}:{name}", kwargs=values)
        # The project serves this view at a URL of its own, outside the URLs of the pages.
        return reverse(f"{APP_NAME}:{name}", kwargs=values)

    def row(self, token: AbstractToken) -> TokenRow:
        name = "device" if token.kind == Kind.LOGIN else "token"
        return row_of(
            token,
            is_current=str(token.pk) == str(tied_id(self.request.session)),
            url=self.page_url(name, token.pk),
            revoke_url=self.page_url(f"{name}-revoke", token.pk),
        )

    def get_nav(self) -> list[dict[str, Any]]:
        """Hook: return the links above each page."""
        labels = {"devices": _("Devices"), "tokens": self.tokens_label}
        return [
            {"name": name, "label": label, "url": self.page_url(name)}
            for name, label in labels.items()
        ]

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {
            "base_template": self.base_template,
            "nav": self.get_nav(),
            "active": LIST_OF[self.kind],
            "title": self.title,
            "list_url": self.page_url(LIST_OF[self.kind]),
            "shows_last_use": get_settings().LAST_USED_INTERVAL is not None,
            "user": self.request.user,
            "view": self,
            **context,
        }

    def render(self, *, status: int = 200, **context: Any) -> TemplateResponse:
        context = self.get_context_data(**context)
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def render_missing(self) -> TemplateResponse:
        """Answer 404 with a link back to the list. Users may click on a token that was revoked."""
        self.template_name = "drf_token_auth/pages/missing.html"
        return self.render(title=_("Not found"), status=404)

    def done(self, message: Any) -> HttpResponseRedirect:
        """Redirect to the list and show the message there."""
        messages.success(self.request, message, fail_silently=True)
        return HttpResponseRedirect(self.page_url(LIST_OF[self.kind]))


class IndexView(PageView):
    """Redirect to the list of devices."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.page_url("devices"))
