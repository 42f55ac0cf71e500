"""Check the values in ``DRF_TOKEN_AUTH``, and the settings of Django that tokens need."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import Tags
from django.utils.encoding import force_bytes

from .. import conf
from ..conf.names import hint_for_flat
from ..conf.rules import show
from .shared import Messages, check, error, warning


@check(Tags.security)
def check_settings() -> Messages:
    """E001 to E003: the dict or a value is wrong. E004: a name is misspelt or outside the dict."""
    for problem in conf.problems():
        yield error(problem.id, problem.message, problem.hint)
    for name in dir(settings):
        hint = hint_for_flat(name)
        if hint is not None:
            yield error("E004", f"{name} is not a setting of drf_token_auth.", hint)


@check(Tags.security, deploy=True)
def check_lifetimes() -> Messages:
    """W003: login tokens never expire."""
    in_force = conf.get_settings()
    if not (in_force.TTL or in_force.MAX_TTL or in_force.IDLE_TIMEOUT):
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
    """W005: a pepper is SECRET_KEY, so a change of SECRET_KEY would change the pepper too."""
    for id_, pepper in conf.get_settings().PEPPERS.items():
        if pepper == force_bytes(settings.SECRET_KEY):
            yield warning(
                "W005",
                f"{conf.SETTING}['PEPPERS'][{id_}] is SECRET_KEY. After a change of SECRET_KEY, "
                "every key under this pepper would be refused.",
                "Add a pepper under a new id, and write this id as PEPPER. Make its secret with "
                'python -c "import secrets; print(secrets.token_urlsafe(32))". Keep pepper '
                f"{id_} until token_stats says that no token needs it.",
            )


@check(Tags.security)
def check_idle_timeout() -> Messages:
    """W006: IDLE_TIMEOUT is not shorter than TTL, so a login token never reaches it."""
    ttl, idle_timeout = conf.get_settings().TTL, conf.get_settings().IDLE_TIMEOUT
    if ttl and idle_timeout and idle_timeout >= ttl:
        yield warning(
            "W006",
            f"{conf.SETTING}['IDLE_TIMEOUT'] is {show(idle_timeout)}, which is not shorter than "
            f"TTL, {show(ttl)}. So no login expires because it is idle.",
            f'Write {conf.SETTING} = {{"IDLE_TIMEOUT": {show(ttl / 2)}}}, or leave it out.',
        )
