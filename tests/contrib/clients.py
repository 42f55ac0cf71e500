"""Settings and requests that the tests of several neighbours share."""

from __future__ import annotations

from rest_framework.test import APIClient

NEW_PASSWORD = "staple battery horse correct"
CSV = "rest_framework_csv.renderers.CSVRenderer"
CAMEL_CASE = "djangorestframework_camel_case.render.CamelCaseJSONRenderer"
# Defaults of projects whose API does not answer JSON first.
RENDERERS = {
    "templates": ["rest_framework.renderers.TemplateHTMLRenderer"],
    "templates and JSON": [
        "rest_framework.renderers.TemplateHTMLRenderer",
        "rest_framework.renderers.JSONRenderer",
    ],
    "CSV": [CSV],
}


def client_with(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def status(key: str) -> int:
    return client_with(key).get("/echo/").status_code
