"""Find a token model of the project that the package does not use."""

from __future__ import annotations

from django.apps import apps
from django.core.checks import Tags
from django.core.exceptions import ImproperlyConfigured

from .. import conf, get_token_model
from ..base_models import AbstractToken
from .authenticators import used_classes
from .code import model_of
from .shared import Messages, check, warning


@check(Tags.models)
def check_unused_models() -> Messages:
    """W017: the project has a token model that no setting and no authenticator names."""
    try:
        used = get_token_model()
    except ImproperlyConfigured:
        return  # E005 reports the setting.
    if used._meta.label != conf.DEFAULT_TOKEN_MODEL:
        return
    models = [one for one in apps.get_models() if issubclass(one, AbstractToken)]
    others = [one for one in models if one is not used and not one._meta.proxy]
    if not others:
        return
    # An authenticator of the project may name another token model.
    named = [model_of(one) for one in used_classes()]
    for model in others:
        if model not in named:
            yield warning(
                "W017",
                f"{model._meta.label} is a token model, but the package uses {used._meta.label}.",
                "Derive it from drf_token_auth.base_models.AbstractToken and not from Token. Write "
                f'{conf.TOKEN_MODEL_SETTING} = "{model._meta.label}" before the first migrate.',
            )
