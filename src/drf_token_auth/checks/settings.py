"""Check the values in ``DRF_TOKEN_AUTH``, and the settings of Django that tokens need."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import Tags
from django.core.exceptions import ImproperlyConfigured
from django.utils.encoding import force_bytes

from .. import conf
from ..conf.names import hint_for_flat
from ..conf.schema import RULES
from .shared import Messages, check, error, settings_in_force, warning

__all__: list[str] = []


@check(Tags.security)
def check_settings() -> Messages:
    """E001 to E003: the dict or a value is wrong. E004: a name is misspelt or outside the dict."""
    for problem in conf.problems():
        yield error(problem.id, problem.message, problem.hint)
    for name in dir(settings):
        hint = hint_for_flat(name, list(RULES))
        if hint is not None:
            yield error("E004", f"{name} is not a setting of drf_token_auth.", hint)


@check(Tags.security, deploy=True)
def check_lifetimes() -> Messages:
    """W003: login tokens never expire."""
    in_force = settings_in_force()
    if in_force and not (in_force.TTL or in_force.MAX_TTL or in_force.IDLE_TIMEOUT):
        yield warning(
            "W003",
            "TTL, MAX_TTL and IDLE_TIMEOUT are all None, so login tokens never expire.",
            f'Write {conf.SETTING} = {{"TTL": timedelta(days=14)}}, or another of the three.',
        )


@check(Tags.security, deploy=True)
def check_transport() -> Messages:
    """W004: keys may travel without TLS (RFC 6750 5.3)."""
    if not (settings.SECURE_SSL_REDIRECT or settings.SECURE_HSTS_SECONDS):
        yield warning(
            "W004",
            "SECURE_SSL_REDIRECT is False and SECURE_HSTS_SECONDS is 0, so keys may travel "
            "unencrypted.",
            "Write SECURE_SSL_REDIRECT = True. If a proxy redirects to HTTPS, write "
            'SILENCED_SYSTEM_CHECKS = ["drf_token_auth.W004"].',
        )


@check(Tags.security)
def check_peppers() -> Messages:
    """W005: a pepper is SECRET_KEY, so a rotation of SECRET_KEY would change the pepper too."""
    in_force = settings_in_force()
    if in_force is None or not in_force.PEPPERS:
        return
    try:
        secret_key = force_bytes(settings.SECRET_KEY)
    except ImproperlyConfigured:
        return  # Django reports an empty SECRET_KEY itself.
    for id_, pepper in in_force.PEPPERS.items():
        if pepper == secret_key:
            yield warning(
                "W005",
                f"{conf.SETTING}['PEPPERS'][{id_}] is SECRET_KEY. After a change of SECRET_KEY, "
                "every key under this pepper would be refused.",
                'Write a secret of its own: python -c "import secrets; '
                'print(secrets.token_urlsafe(32))"',
            )


@check(Tags.security)
def check_idle_timeout() -> Messages:
    """W006: an idle timeout that is not shorter than the lifetime has no effect."""
    in_force = settings_in_force()
    if not (in_force and in_force.TTL and in_force.IDLE_TIMEOUT):
        return
    if in_force.IDLE_TIMEOUT >= in_force.TTL:
        yield warning(
            "W006",
            f"IDLE_TIMEOUT ({in_force.IDLE_TIMEOUT}) is not shorter than TTL ({in_force.TTL}), so "
            "no token expires because it is idle.",
            "Make IDLE_TIMEOUT shorter than TTL, or leave it out.",
        )
