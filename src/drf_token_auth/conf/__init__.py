"""The settings of the project, read when they are used.

:func:`get_settings` returns a snapshot of ``DRF_TOKEN_AUTH``. Django's signal ``setting_changed``
drops the snapshot, so ``override_settings`` works everywhere. ``settings.py`` may import
:class:`TokenAuthSettings`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .names import SETTING, TOKEN_MODEL_SETTING
from .problems import Problem, problems
from .rules import show
from .schema import RULES, LoginRates, Settings, TokenAuthSettings

__all__ = [
    "SETTING",
    "TOKEN_MODEL_SETTING",
    "LoginRates",
    "Problem",
    "Settings",
    "TokenAuthSettings",
    "get_settings",
    "problems",
    "token_model_label",
]

DEFAULT_TOKEN_MODEL = "drf_token_auth.Token"


@functools.cache
def get_settings() -> Settings:
    """Return the project's settings, and the default of each setting that it leaves out.

    :raises ImproperlyConfigured: a name or a value is wrong. The error is about the first mistake.
        ``manage.py check`` reports all mistakes.
    """
    for problem in problems():
        raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
    raw = getattr(django_settings, SETTING, {})
    return replace(Settings(), **{name: RULES[name].read(value) for name, value in raw.items()})


def token_model_label() -> str:
    """Return ``app_label.ModelName`` of the token model in use.

    :raises ImproperlyConfigured: ``DRF_TOKEN_AUTH_TOKEN_MODEL`` has another form.
    """
    label = getattr(django_settings, TOKEN_MODEL_SETTING, DEFAULT_TOKEN_MODEL)
    if not isinstance(label, str) or not re.fullmatch(r"\w+\.\w+", label):
        raise _wrong_label(label)
    return label


def prepare_label() -> None:
    """Write the default into the project's settings if they do not name a token model.

    Called before Django loads models, because Django reads the setting of a swappable model itself.
    Without a value, ``makemigrations`` would fail for a project with a foreign key to
    ``drf_token_auth.Token``.

    :raises ImproperlyConfigured: the value is no text. Django's own error would not name the
        setting.
    """
    label = getattr(django_settings, TOKEN_MODEL_SETTING, DEFAULT_TOKEN_MODEL)
    if not isinstance(label, str):
        raise _wrong_label(label)
    setattr(django_settings, TOKEN_MODEL_SETTING, label)


def _wrong_label(label: object) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f'{TOKEN_MODEL_SETTING} must be "app_label.ModelName", but it is {show(label)}. '
        f'Write {TOKEN_MODEL_SETTING} = "accounts.ApiToken", or delete the line.'
    )


def _drop(*, setting: str, **kwargs: object) -> None:
    if setting == SETTING:
        get_settings.cache_clear()


setting_changed.connect(_drop, dispatch_uid="drf_token_auth.conf")
