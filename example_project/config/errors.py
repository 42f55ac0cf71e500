from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    """Add the code to DRF's answer. A client can compare the code, but not a translated text."""
    response = exception_handler(error, context)
    if isinstance(error, APIException) and isinstance(error.detail, ErrorDetail):
        response.data["code"] = error.detail.code
    return response
