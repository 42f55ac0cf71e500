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

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base_models import AbstractToken

__all__ = ["get_token_model"]


# Asked for on each request, where an import costs as much as a look at the registry.
_model: type[AbstractToken] | None = None


def get_token_model() -> type[AbstractToken]:
    """The token model in use: ``DRF_TOKEN_AUTH_TOKEN_MODEL`` or ``drf_token_auth.Token``.

    :raises ImproperlyConfigured: the setting is no ``app_label.ModelName`` or names no model.
    """
    global _model  # noqa: PLW0603 -- what the registry says, until it may say something else
    model = _model
    if model is None:
        model = _model = _look_up()
    return model


def _look_up() -> type[AbstractToken]:
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured
    from django.core.signals import setting_changed
    from django.db.models.signals import class_prepared

    from .conf import TOKEN_MODEL_SETTING, token_model_label

    for signal in (setting_changed, class_prepared):
        signal.connect(_forget, dispatch_uid="drf_token_auth")
    label = token_model_label()
    try:
        model: type[AbstractToken] = apps.get_model(label, require_ready=False)
    except (ValueError, AttributeError):
        raise ImproperlyConfigured(
            f"{TOKEN_MODEL_SETTING} is 'app_label.ModelName'; it can't be {label!r}."
        ) from None
    except LookupError:
        raise ImproperlyConfigured(
            f"{TOKEN_MODEL_SETTING} names {label!r}, and no such model is installed."
        ) from None
    return model


def _forget(**kwargs: object) -> None:
    global _model  # noqa: PLW0603
    _model = None
