from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from rest_framework.authentication import TokenAuthentication
from rest_framework.settings import api_settings

from ... import conf
from ...authentication import ExpiringTokenAuthentication
from ...base_models import AbstractToken
from .served import our_settings

__all__: list[str] = []

APP = "drf_token_auth"


@register(Tags.security)
def check_drfs_authenticators(**kwargs: Any) -> list[CheckMessage]:
    """E014: DRF's asks our rows for a key. W007: DRF's and ours refuse each other's keys."""
    classes: Sequence[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    found: list[CheckMessage] = []
    for theirs in filter(_is_drfs, classes):
        if _asks_for_ours(theirs):
            found.append(
                Error(
                    f"{_path(theirs)} is DRF's authenticator on our token model, which has no "
                    "column for the key: every request with a token would fail.",
                    hint=f"Derive it from {_path(ExpiringTokenAuthentication)}.",
                    id=f"{APP}.E014",
                )
            )
        else:
            found += _refusals(theirs, classes)
    return found


def _refusals(theirs: Any, classes: Sequence[Any]) -> list[CheckMessage]:
    in_force = our_settings()
    ours = [one for one in classes if _is_ours(one) and one.keyword.lower() == _keyword(theirs)]
    if in_force is None or not ours:
        return []
    before = [one for one in ours if classes.index(one) > classes.index(theirs)]
    if before:
        harm = f"{theirs.__name__} stands before {before[0].__name__} and refuses its keys"
    elif in_force.UNKNOWN_KEYS != "pass":
        harm = f"{ours[0].__name__} refuses the keys of {theirs.__name__}, which stands after it"
    else:
        return []
    names = ", ".join(f'"{_path(one)}"' for one in [*ours, theirs])
    return [
        checks.Warning(
            f"{harm}: both answer to the word {theirs.keyword!r}.",
            hint=f'"DEFAULT_AUTHENTICATION_CLASSES": [{names}, …], '
            f'and {conf.SETTING} = {{"UNKNOWN_KEYS": "pass"}}.',
            id=f"{APP}.W007",
        )
    ]


def _is_ours(one: Any) -> bool:
    return issubclass(one, ExpiringTokenAuthentication)


def _is_drfs(one: Any) -> bool:
    """DRF's, or one derived from it that answers as it does."""
    return (
        issubclass(one, TokenAuthentication)
        and one.authenticate is TokenAuthentication.authenticate
        and one.authenticate_credentials is TokenAuthentication.authenticate_credentials
    )


def _asks_for_ours(one: Any) -> bool:
    try:
        return issubclass(one().get_model(), AbstractToken)
    except Exception:  # noqa: BLE001 -- the project's own code, which may want a request
        return False


def _keyword(one: Any) -> str:
    return str(one.keyword).lower()


def _path(one: Any) -> str:
    return f"{one.__module__}.{one.__qualname__}"
