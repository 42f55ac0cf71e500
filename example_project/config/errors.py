from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer, with the code beside the text: a client can't compare what is translated."""
    response = exception_handler(error, context)
    if isinstance(error, APIException) and isinstance(error.detail, ErrorDetail):
        response.data["code"] = error.detail.code
    return response
