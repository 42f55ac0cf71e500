"""The settings, the token model, and what stands beside our authenticators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.settings import api_settings

from .. import conf, get_token_model
from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken
from ..conf import RULES
from ..conf.names import way_out_of_flat
from .readable import APP, readable

__all__: list[str] = []


def _default_authenticators() -> Sequence[Any]:
    return api_settings.DEFAULT_AUTHENTICATION_CLASSES


@register(Tags.security)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """E001 to E003: no dict, an unknown name, a wrong value. E004: a setting we don't have."""
    found: list[CheckMessage] = [
        Error(problem.message, hint=problem.hint, id=f"{APP}.{problem.id}")
        for problem in conf.problems()
    ]
    for name in dir(settings):
        hint = way_out_of_flat(name, list(RULES))
        if hint is not None:
            found.append(Error(f"{name} is not a setting of {APP}.", hint=hint, id=f"{APP}.E004"))
    return found


@register(Tags.models)
def check_token_model(**kwargs: Any) -> list[CheckMessage]:
    """E005: no such model. E006: not an AbstractToken. E007: a foreign key to the swapped one."""
    try:
        model = get_token_model()
    except ImproperlyConfigured as error:
        hint = 'Such as "accounts.ApiToken", with its app in INSTALLED_APPS.'
        return [Error(str(error), hint=hint, id=f"{APP}.E005")]
    found: list[CheckMessage] = []
    if not issubclass(model, AbstractToken):
        found.append(
            Error(
                f"{conf.TOKEN_MODEL_SETTING} is {model._meta.label}, which is no AbstractToken.",
                hint="Derive it from drf_token_auth.base_models.AbstractToken.",
                obj=model,
                id=f"{APP}.E006",
            )
        )
    for other in apps.get_models():
        for field in other._meta.local_fields:
            target = field.related_model
            label = getattr(getattr(target, "_meta", None), "label", target)
            if label == conf.DEFAULT_TOKEN_MODEL != model._meta.label:
                found.append(
                    Error(
                        f"{field} points at {conf.DEFAULT_TOKEN_MODEL}, which is swapped out for "
                        f"{model._meta.label}.",
                        hint=f"Point it at settings.{conf.TOKEN_MODEL_SETTING}.",
                        obj=field,
                        id=f"{APP}.E007",
                    )
                )
    return found


@register(Tags.security)
def check_order_of_authenticators(**kwargs: Any) -> list[CheckMessage]:
    """W001: the first default authenticator has no challenge, so DRF answers 403 for 401."""
    classes = _default_authenticators()
    if not any(issubclass(one, ExpiringTokenAuthentication) for one in classes):
        return []
    first = classes[0]
    if first.authenticate_header is not BaseAuthentication.authenticate_header:
        return []
    return [
        checks.Warning(
            f"{first.__name__} stands first in DEFAULT_AUTHENTICATION_CLASSES and names no "
            "WWW-Authenticate challenge: DRF turns every 401 into a 403.",
            hint="Put ExpiringTokenAuthentication first.",
            id=f"{APP}.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_basic_authentication(**kwargs: Any) -> list[CheckMessage]:
    """W002: Basic sends the password with each request, past every limit on tokens."""
    classes = _default_authenticators()
    if not any(issubclass(one, BasicAuthentication) for one in classes):
        return []
    return [
        checks.Warning(
            "BasicAuthentication is in DEFAULT_AUTHENTICATION_CLASSES: passwords travel with each "
            "request, unthrottled, and no logout ends them.",
            hint="Leave it out in production: set DEFAULT_AUTHENTICATION_CLASSES yourself, as "
            "it is in DRF's default.",
            id=f"{APP}.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_lifetimes(**kwargs: Any) -> list[CheckMessage]:
    """W003: tokens of people who log in live for ever."""
    in_force = readable()
    if in_force is None or in_force.TTL or in_force.MAX_TTL or in_force.IDLE_TIMEOUT:
        return []
    return [
        checks.Warning(
            "TTL, MAX_TTL and IDLE_TIMEOUT are all None: login tokens never expire.",
            hint=f"Set one of them in {conf.SETTING}.",
            id=f"{APP}.W003",
        )
    ]


@register(Tags.security, deploy=True)
def check_transport(**kwargs: Any) -> list[CheckMessage]:
    """W004: a key sent over plain HTTP is a key given away (RFC 6750 5.3)."""
    if settings.SECURE_SSL_REDIRECT or settings.SECURE_HSTS_SECONDS:
        return []
    return [
        checks.Warning(
            "Neither SECURE_SSL_REDIRECT nor SECURE_HSTS_SECONDS is set: tokens may travel in the "
            "clear.",
            hint="Set them, or silence this if a proxy in front does it.",
            id=f"{APP}.W004",
        )
    ]


@register(Tags.security)
def check_peppers(**kwargs: Any) -> list[CheckMessage]:
    """W005: a pepper that is SECRET_KEY can't be kept when SECRET_KEY is rotated."""
    in_force = readable()
    if in_force is None or settings.SECRET_KEY.encode() not in in_force.PEPPERS.values():
        return []
    return [
        checks.Warning(
            "A pepper equals SECRET_KEY: rotating the one would end every token.",
            hint="Make it a secret of its own.",
            id=f"{APP}.W005",
        )
    ]


@register(Tags.security)
def check_idle_timeout(**kwargs: Any) -> list[CheckMessage]:
    """W006: an idle timeout as long as the lifetime never ends anything."""
    in_force = readable()
    if in_force is None or not (in_force.TTL and in_force.IDLE_TIMEOUT):
        return []
    if in_force.IDLE_TIMEOUT < in_force.TTL:
        return []
    return [
        checks.Warning(
            "IDLE_TIMEOUT is not shorter than TTL: no token ends for being idle.",
            hint="Make IDLE_TIMEOUT shorter, or leave it out.",
            id=f"{APP}.W006",
        )
    ]
