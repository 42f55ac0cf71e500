"""The base class of all views."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.functional import classproperty
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from .. import operations
from ..authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from ..base_models import AbstractToken
from ..logs.refused_requests import log_json_as_form
from ..operations.locked import locked_presented
from ..rows.locking import outside_atomic_requests
from ..serializers import TokenDetailSerializer
from ..throttling import cache_answers
from .errors import NoToken, TooLarge, as_refusal
from .parsers import PARSERS

logger = logging.getLogger("drf_token_auth")

# In bytes. No request to these views needs a hundredth of this.
LONGEST_BODY = 1_000_000


class _IsStoredUser(IsAuthenticated):
    """Allow users that have a row, because each token belongs to such a user.

    An authenticator of the project may find a service, or a user of another site.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        is_user = isinstance(request.user, get_user_model()) and request.user.pk is not None
        return is_user and super().has_permission(request, view)


class TokenView(GenericAPIView[Any]):
    """The base of all views. The project's permissions, filters and pagination do not apply.

    The project's authenticators, throttles, parsers, renderers and ``EXCEPTION_HANDLER`` do apply.
    """

    serializer_class: Any = TokenDetailSerializer
    permission_classes: Sequence[Any] = (_IsStoredUser,)
    content_negotiation_class = DefaultContentNegotiation
    versioning_class = None
    filter_backends = ()
    pagination_class: Any = None

    @classproperty
    def parser_classes(cls) -> Sequence[Any]:
        """Return the parsers for JSON and forms, then the project's parsers for other types."""
        return (*PARSERS, *_others(api_settings.DEFAULT_PARSER_CLASSES, PARSERS))

    @classproperty
    def renderer_classes(cls) -> Sequence[Any]:
        """Return the JSON renderer, then the project's others, without ``TemplateHTMLRenderer``."""
        others = _others(api_settings.DEFAULT_RENDERER_CLASSES, (JSONRenderer,))
        without_pages = [one for one in others if not issubclass(one, TemplateHTMLRenderer)]
        return (JSONRenderer, *without_pages)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return outside_atomic_requests(super().as_view(**initkwargs))

    # With these decorators, error reports hide the posted data, and the variables of every function
    # called from here, such as a subclass's post().
    @method_decorator(sensitive_post_parameters())
    @sensitive_variables()
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do what DRF does before a method is called.

        :raises TooLarge: 413 if ``Content-Length`` is more than 1,000,000 bytes, or more than
            ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
        """
        # DRF's JSON parser has no limit on the length of a body.
        limit = min(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or LONGEST_BODY, LONGEST_BODY)
        length = str(request.META.get("CONTENT_LENGTH") or "")
        if length.isdecimal() and int(length[:20]) > limit:
            raise TooLarge
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep every answer out of caches, because each is about one user (RFC 6749 5.1)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def get_authenticators(self) -> list[Any]:
        """Return the project's authenticators. Put ours first if the defaults lack them."""
        others = super().get_authenticators()
        if any(isinstance(one, ExpiringTokenAuthentication) for one in others):
            return others
        return [ExpiringTokenAuthentication(), BearerTokenAuthentication(), *others]

    def get_authenticate_header(self, request: Any) -> Any:
        """Return our challenge, even if another authenticator comes first and has none."""
        for one in self.get_authenticators():
            if isinstance(one, ExpiringTokenAuthentication):
                return one.authenticate_header(request)
        return super().get_authenticate_header(request)

    def check_throttles(self, request: Any) -> None:
        """Stop at the first throttle that refuses. Do not ask the later ones.

        A throttle whose cache is down limits nothing.
        """
        for throttle in self.get_throttles():
            try:
                is_allowed = throttle.allow_request(request, self)
            except Exception as error:
                if isinstance(error, APIException) or cache_answers(throttle):
                    raise
                logger.warning(
                    "The cache does not answer (%s), so %s limits nothing. Check CACHES.",
                    type(error).__name__,
                    type(throttle).__name__,
                )
                continue
            if not is_allowed:
                self.throttled(request, throttle.wait())  # type: ignore[arg-type]  # or None

    def handle_exception(self, exc: Exception) -> Response:
        """Handle the exception as DRF does, but mark no transaction for rollback.

        These views open no transaction for the request. An open one belongs to the caller, usually
        a test case.
        """
        open_ones = [one for one in connections.all(initialized_only=True) if one.in_atomic_block]
        marks = [(one, one.get_rollback()) for one in open_ones]
        response: Response = self._refuse(as_refusal(exc))
        for connection, mark in marks:
            connection.set_rollback(mark)
        return response

    def _refuse(self, exc: Exception) -> Any:
        """Let the project's exception handler shape the body. Keep the status and the headers."""
        context = self.get_exception_handler_context()
        try:
            response = super().handle_exception(exc)
        except Exception as error:
            standard = exception_handler(exc, context)
            if standard is None:  # Not a refusal, but an error such as a database that is down.
                raise
            if error is not exc:
                logger.exception(
                    "EXCEPTION_HANDLER raised an error. DRF's own handler answers instead."
                )
            standard.exception = True
            return standard
        standard = exception_handler(exc, context)
        if standard is not None:
            response.status_code = standard.status_code
            for name, value in standard.headers.items():
                response.headers.setdefault(name, value)
        return response

    @property
    def _presented(self) -> AbstractToken | None:
        """Return the token that this request was made with.

        :returns: None if the request was authenticated in another way, as by a session.
        """
        token = self.request.auth
        return token if isinstance(token, AbstractToken) else None

    def get_token(self) -> AbstractToken:
        """Return the token that this request was made with.

        :raises NoToken: 400 if there is none.
        """
        token = self._presented
        if token is None:
            raise NoToken
        return token

    @property
    def django_request(self) -> Any:
        """Return Django's own request, which receivers of Django's signals expect."""
        return self.request._request

    @contextmanager
    def _checked_again(self) -> Iterator[None]:
        """Open the transaction of a change, and check again that the presented token works.

        It may have been revoked since the request was authenticated. Without a token, do nothing.

        :raises Refused: the presented token does not work any more.
        """
        token = self._presented
        if token is None:
            yield
            return
        with locked_presented(token):
            yield

    def issue(self, user: Any, **values: Any) -> AbstractToken:
        """Make a token for the user, with the arguments of :func:`operations.issue`.

        :raises TokenLimitReached, Refused: 403 and 401, but 400 for ``Refused`` at a login.
        """
        return operations.issue(user, request=self.django_request, **values)

    def read(self, serializer: Any) -> Any:
        """Validate the data of the serializer, and return the serializer.

        :raises ValidationError: 400 if the data is wrong.
        """
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError:
            log_json_as_form(self.request)
            raise
        return serializer


class KeylessView(TokenView):
    """The base of the views that need no token. They work even if the header has an old key."""

    authentication_classes = ()
    permission_classes = ()

    def get_authenticators(self) -> list[Any]:
        return []


def _others(classes: Sequence[Any], ours: Sequence[Any]) -> list[Any]:
    """Return the classes with a specific media type that none of ``ours`` serves."""
    served = {"*/*", *(one.media_type for one in ours)}
    return [one for one in classes if one.media_type not in served]
