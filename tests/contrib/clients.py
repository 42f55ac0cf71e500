"""Settings and requests that the tests of several neighbours share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out
from django.db import OperationalError, connection
from django.views.debug import ExceptionReporter
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations

NEW_PASSWORD = "staple battery horse correct"
STALE = ["expired", "unknown", "malformed"]


def client_with(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def status(key: str) -> int:
    return client_with(key).get("/echo/").status_code


def stale_key(user: Any, kind: str) -> str:
    """Return a key that does not work. ``kind`` is one of ``STALE``."""
    if kind == "unknown":
        return get_token_model().generate_key()
    if kind == "malformed":
        return "dta_nonsense"
    return operations.issue(user, ttl=timedelta(seconds=-1)).key


@contextmanager
def failing_receivers() -> Iterator[None]:
    """Connect a receiver that raises PermissionError to Django's login and logout signals."""

    def refuse(**kwargs: Any) -> None:
        raise PermissionError

    for signal in (user_logged_in, user_logged_out):
        signal.connect(refuse)
    try:
        yield
    finally:
        for signal in (user_logged_in, user_logged_out):
            signal.disconnect(refuse)


def assert_the_page_hides_a_password(path: str) -> None:
    """Post a body that is refused. DRF's browsable page shows a form with the posted values."""
    sent = {"username": "ada", "password": NEW_PASSWORD, "password1": NEW_PASSWORD, "email": "?"}
    response = APIClient().post(path, sent, format="json", headers={"accept": "text/html"})
    assert response.status_code == 400
    assert "<form" in response.text
    assert NEW_PASSWORD not in response.text


def assert_an_error_report_hides_a_password(path: str, sent_as: str) -> None:
    """Let the database fail. Check the report that Django mails to ADMINS."""
    sent = {"username": "eve", "password": NEW_PASSWORD, "password1": NEW_PASSWORD}
    sent |= {"password2": NEW_PASSWORD, "email": "eve@example.com"}

    def fail(*args: Any) -> None:
        raise OperationalError("down")

    with connection.execute_wrapper(fail):
        client = APIClient(raise_request_exception=False)
        response = client.post(path, sent, format=sent_as)
    assert response.status_code == 500
    reporter = ExceptionReporter(response.wsgi_request, *response.exc_info, is_email=True)
    report = f"{reporter.get_traceback_html()}{reporter.get_traceback_text()}"
    assert "eve" in response.wsgi_request.POST.values() or sent_as == "json"
    assert NEW_PASSWORD not in report
