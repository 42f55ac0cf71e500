"""Token authentication for Django REST framework: hashed, expiring, revocable, one query.

INSTALLED_APPS += ["drf_token_auth"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication"
    ]
}
urlpatterns += [path("auth/", include("drf_token_auth.urls"))]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as registry
from django.core.exceptions import ImproperlyConfigured

from . import conf

if TYPE_CHECKING:
    from .base_models import AbstractToken

__all__ = ["get_token_model"]

_INSTALL = 'Add "drf_token_auth" to INSTALLED_APPS and run migrate.'


def get_token_model() -> type[AbstractToken]:
    """Return the token model: ``DRF_TOKEN_AUTH_TOKEN_MODEL`` or ``drf_token_auth.Token``.

    :raises ImproperlyConfigured: the setting has another form than ``app_label.ModelName``, or the
        model is not installed.
    """
    label = conf.token_model_label()
    try:
        # Each request asks. get_model() would also look for the app and whether all are loaded.
        model: Any = registry.get_registered_model(*label.split("."))
    except LookupError:
        registry.check_apps_ready()
        raise ImproperlyConfigured(_missing(label)) from None
    found: type[AbstractToken] = model
    return found


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
    if not registry.is_installed("drf_token_auth"):
        raise ImproperlyConfigured(f"drf_token_auth is not installed. {_INSTALL}")


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
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
