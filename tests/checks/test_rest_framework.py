"""Mistakes in REST_FRAMEWORK: the check E016, and the errors when Django starts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError
from django.test import override_settings

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.checks.rest_framework import check_default_classes
from drf_token_auth.conf.rest_framework import require_classes, require_readable

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
SETTING = 'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]'
WHOLE = f'Write REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}"]}}.'
# If the project has REST_FRAMEWORK, a new dict would drop the other entries of the old one.
LINE = f'Write {SETTING} = ["{OURS}"].'


def make() -> Any:
    return ExpiringTokenAuthentication()


def with_list(value: Any) -> Any:
    return override_settings(REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": value})


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (OURS, f"must be a list, but it is '{OURS}'.", f'Add a comma: ("{OURS}",).'),
        (ExpiringTokenAuthentication, "must be a list, but it is <class", f'comma: ("{OURS}",).'),
        (None, "must be a list, but it is None.", LINE),
        ({OURS}, "must be a list, but it is {", LINE),
        ([None], "has the entry None, which is not a dotted path.", LINE),
        ([ExpiringTokenAuthentication], "which is not a dotted path.", f'Write "{OURS}".'),
        ([OURS, make], "which is not a dotted path.", LINE),
        (
            ["nowhere.Auth"],
            "has the entry 'nowhere.Auth', which cannot be import",
            "Correct",
        ),
        (
            ["json.loads", "json.no_such_module"],
            "'json.no_such_module', which cannot be impo",
            "Correct",
        ),
        (
            ["json.__name__"],
            "'json.__name__', which is not an authenticator: it has",
            "Correct the path, or",
        ),
        (["drf_token_auth.models.Token"], "it has no authenticate().", "Correct the path, or"),
        ([OURS[:-5]], "which cannot be imported: ImportError: ", f"Did you mean '{OURS}'?"),
        (["drf_token_auth.ExpiringTokenAuthentication"], "which cannot be im", "Did you mean 'drf"),
    ],
)
def test_a_list_that_drf_cannot_use_is_one_error(value, message, hint):
    with with_list(value):
        require_readable()
        [found] = check_default_classes()
    assert found.id == "drf_token_auth.E016"
    assert found.msg.startswith(SETTING)
    assert message in found.msg
    assert hint in found.hint


@pytest.mark.parametrize("value", [[], (), [OURS], (OURS, SESSION), [f"{__name__}.make"]])
def test_a_list_that_drf_can_use_gives_no_error(value):
    with with_list(value):
        require_readable()
        assert check_default_classes() == []


@pytest.mark.parametrize(
    ("joined", "first", "second"),
    [
        (OURS + SESSION, OURS, SESSION),
        (SESSION + OURS, SESSION, OURS),
        ("shop.auth.MyAuth" + OURS, "shop.auth.MyAuth", OURS),
        (OURS + "knox.auth.TokenAuthentication", OURS, "knox.auth.TokenAuthentication"),
        (
            f"{OURS}rest_framework_simplejwt.authentication.JWTAuthentication",
            OURS,
            "rest_framework_simplejwt.authentication.JWTAuthentication",
        ),
    ],
)
def test_two_classes_without_a_comma_stop_the_start(joined, first, second):
    with with_list([SESSION, joined]), pytest.raises(ImproperlyConfigured) as raised:
        require_readable()
    assert str(raised.value) == (
        f"{SETTING} has the entry '{joined}'. A comma is missing between two classes. "
        f'Write "{first}", "{second}".'
    )


@pytest.mark.parametrize("path", [OURS, "shop.drf_token_auth.Auth", "my_rest_framework.Auth"])
def test_a_path_of_one_class_is_not_split(path):
    with with_list([path]):
        require_readable()


@pytest.mark.parametrize("value", [None, [], "text", 5, (("a", 1),)])
def test_a_setting_that_is_not_a_dict_stops_the_start(value):
    with (
        override_settings(REST_FRAMEWORK=value),
        pytest.raises(ImproperlyConfigured) as raised,
    ):
        require_readable()
    assert str(raised.value) == f"REST_FRAMEWORK must be a dict, but it is {value!r}. {WHOLE}"


@pytest.mark.parametrize(
    "entry",
    [
        *(None, make, object(), ExpiringTokenAuthentication, "nowhere.Auth", "json.__name__"),
        *(OURS[:-5], "drf_token_auth", "ExpiringTokenAuthentication"),
    ],
)
def test_our_urls_refuse_an_entry_that_drf_cannot_use(entry):
    with with_list([OURS, entry]):
        with pytest.raises(SystemCheckError) as raised:
            require_classes()
        [found] = check_default_classes()
    assert str(raised.value) == f"{found.msg} {found.hint}"
    if isinstance(entry, str) and entry in OURS:
        assert f"Did you mean '{OURS}'?" in found.hint
    with with_list([OURS]):
        require_classes()
