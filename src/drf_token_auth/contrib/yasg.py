"""drf-yasg: describe the requests and answers of the package's views."""

from __future__ import annotations

from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import SwaggerAutoSchema

from .answers import TAKE_NOTHING, answers_of, our_view

__all__ = ["TokenAutoSchema"]


class TokenAutoSchema(SwaggerAutoSchema):
    """Describe the package's views, and leave all other views to drf-yasg.

    This is the class for ``SWAGGER_SETTINGS["DEFAULT_AUTO_SCHEMA_CLASS"]``.
    """

    def get_request_serializer(self) -> Any:
        if our_view(type(self.view)) in TAKE_NOTHING:
            return None
        return super().get_request_serializer()

    def get_default_responses(self) -> Any:
        if our_view(type(self.view)) is None:
            return super().get_default_responses()
        answers = answers_of(self.view, self.method)
        return {str(status): self._schema(body) for status, body in answers.items()}

    def _schema(self, body: Any) -> Any:
        if body is None:
            return ""
        if body == {}:
            return openapi.Schema(type=openapi.TYPE_OBJECT)
        if not isinstance(body, list):
            return self.serializer_to_schema(body())
        page = openapi.Schema(type=openapi.TYPE_ARRAY, items=self.serializer_to_schema(body[0]()))
        return self.get_paginated_response(page)
