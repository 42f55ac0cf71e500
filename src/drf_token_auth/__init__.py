"""Token authentication for Django REST framework: keys are hashed, and tokens expire.

A token can be revoked, and a request needs one query. To install the package, write:
INSTALLED_APPS += ["drf_token_auth"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication"
    ]
}
urlpatterns += [path("auth/", include("drf_token_auth.urls"))]
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps as registry
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.core.signals import setting_changed

from . import conf

if TYPE_CHECKING:
    from .base_models import AbstractToken

__all__ = ["get_token_model"]

_INSTALL = 'Add "drf_token_auth" to INSTALLED_APPS and run migrate.'

_TOO_EARLY = (
    "Apps aren't loaded yet, so this module of drf_token_auth can't be imported here. In "
    "settings.py, write the dotted path of a class as a text, without an import. In __init__.py or "
    "apps.py of an app, import it inside AppConfig.ready(). In a script, call django.setup() first."
)


@functools.cache
def get_token_model() -> type[AbstractToken]:
    """Return the token model: ``DRF_TOKEN_AUTH_TOKEN_MODEL`` or ``drf_token_auth.Token``.

    :raises ImproperlyConfigured: the setting has another form than ``app_label.ModelName``, or the
        model is not installed.
    :raises AppRegistryNotReady: Django has not loaded the apps yet.
    """
    label = conf.token_model_label()
    try:
        return cast("type[AbstractToken]", registry.get_model(label, require_ready=False))
    except LookupError:
        raise ImproperlyConfigured(_missing(label)) from None


def _forget(**kwargs: object) -> None:
    get_token_model.cache_clear()


setting_changed.connect(_forget)


def _missing(label: str) -> str:
    if label == conf.DEFAULT_TOKEN_MODEL:
        return f"The token model is not installed. {_INSTALL}"
    app, model = label.split(".")
    return (
        f"{conf.TOKEN_MODEL_SETTING} is {label!r}, but no such model is installed. "
        f"Add the app {app!r} to INSTALLED_APPS, and define {model} in its models.py."
    )


def require_installed() -> None:
    """Raise ImproperlyConfigured if this app is missing from INSTALLED_APPS."""
    require_loaded_apps()
    if not registry.is_installed("drf_token_auth"):
        raise ImproperlyConfigured(f"drf_token_auth is not installed. {_INSTALL}")


def require_loaded_apps() -> None:
    """Raise AppRegistryNotReady, with what to write, if Django has not loaded the apps yet."""
    try:
        registry.check_apps_ready()
    except AppRegistryNotReady:
        raise AppRegistryNotReady(_TOO_EARLY) from None


# Names that a reader may expect here, and the modules that have them.
_ELSEWHERE = {
    "BearerTokenAuthentication": "authentication",
    "ExpiringTokenAuthentication": "authentication",
    "LoginView": "views",
    "Token": "models",
    "TokenAuthentication": "authentication",
    "obtain_auth_token": "views",
}


def __getattr__(name: str) -> Any:
    # Django imports this module before it has loaded any model, so these names cannot be here.
    if name in _ELSEWHERE:
        raise ImportError(f"Write: from drf_token_auth.{_ELSEWHERE[name]} import {name}")
    if name == "urlpatterns":
        raise ImproperlyConfigured(
            'The package has no urlpatterns. Write include("drf_token_auth.urls").'
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
