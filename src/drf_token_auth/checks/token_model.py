"""Check the token model: its class, its relations, its database, and whether it is in use."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.checks import Tags
from django.core.exceptions import ImproperlyConfigured
from django.db import models, router

from .. import conf, get_token_model
from ..base_models import AbstractToken
from ..managers import TokenQuerySet
from .authenticators import used_classes
from .code import model_of
from .shared import Messages, check, error, warning


@check(Tags.models)
def check_token_model() -> Messages:
    """E005: the model is missing. E006: it is no AbstractToken. E007, E018, E020, E022: below."""
    try:
        model = get_token_model()
    except ImproperlyConfigured as reason:
        yield error(
            "E005",
            str(reason),
            f'Write {conf.TOKEN_MODEL_SETTING} = "accounts.ApiToken", with its app in '
            f"INSTALLED_APPS. Without the setting, {conf.DEFAULT_TOKEN_MODEL} is used.",
        )
        return
    if issubclass(model, AbstractToken):
        yield from foreign_keys(model)
        yield from manager(model)
        yield from user_column(model)
        yield from databases(model)
    else:
        yield error(
            "E006",
            f"{conf.TOKEN_MODEL_SETTING} is {model._meta.label!r}, which is not a token model.",
            f"Derive it: class {model.__name__}(drf_token_auth.base_models.AbstractToken).",
        )


def foreign_keys(model: type[AbstractToken]) -> Messages:
    """E007: a foreign key points at the package's model, which the project has swapped out."""
    if model._meta.label == conf.DEFAULT_TOKEN_MODEL:
        return
    for field in (field for other in apps.get_models() for field in other._meta.local_fields):
        to: Any = field.related_model
        # If a model is swapped out, Django leaves a relation to it as text.
        if getattr(getattr(to, "_meta", None), "label", to) == conf.DEFAULT_TOKEN_MODEL:
            yield error(
                "E007",
                f"{field} points at {conf.DEFAULT_TOKEN_MODEL}, but the token model is "
                f"{model._meta.label}.",
                f"Write models.ForeignKey(settings.{conf.TOKEN_MODEL_SETTING}, …).",
            )


def manager(model: type[AbstractToken]) -> Messages:
    """E020: the default manager of the token model lacks the methods of TokenManager."""
    found = model._default_manager
    if not issubclass(getattr(found, "_queryset_class", models.QuerySet), TokenQuerySet):
        yield error(
            "E020",
            f"{model._meta.label}.{found.name} is the default manager of the token model, and it "
            "is not a TokenManager. The API and the pages would answer 500.",
            f"Derive the class of {found.name} from drf_token_auth.managers.TokenManager, or write "
            f"objects = TokenManager() as the first manager of {model.__name__}.",
        )


def user_column(model: type[AbstractToken]) -> Messages:
    """E022: the model's own ``user`` is unique, or does not hold the user's primary key."""
    user: Any = model._meta.get_field("user")
    if user.unique or not user.target_field.primary_key:
        fault = "is unique" if user.unique else f"holds the user's {user.target_field.name}"
        yield error(
            "E022",
            f"{model._meta.label}.user {fault}, so a login would fail. The column must hold the "
            "user's primary key, and a user may have several tokens.",
            f"Delete the line that defines user in {model.__name__}: AbstractToken has it. For one "
            'token per user, write DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1}.',
        )


def databases(model: type[AbstractToken]) -> Messages:
    """E018: the query that finds a token joins its user, so both must be in one database."""
    users = get_user_model()
    token_alias, user_alias = router.db_for_write(model), router.db_for_write(users)
    if token_alias != user_alias:
        yield error(
            "E018",
            f"DATABASE_ROUTERS put {model._meta.label} into the database {token_alias!r} and "
            f"{users._meta.label} into {user_alias!r}. A token and its user are read in one "
            "query, so every request with a token would fail.",
            f"In db_for_read() and db_for_write(), return {user_alias!r} for the app "
            f"{model._meta.app_label!r} too.",
        )


@check(Tags.models)
def check_unused_models() -> Messages:
    """W017: the project has a token model that no setting and no authenticator names."""
    used = get_token_model()
    if used._meta.label != conf.DEFAULT_TOKEN_MODEL:
        return
    # An authenticator of the project may name another token model.
    named = [used, *map(model_of, used_classes())]
    for model in apps.get_models():
        if issubclass(model, AbstractToken) and not model._meta.proxy and model not in named:
            yield warning(
                "W017",
                f"{model._meta.label} is a token model, but the package uses {used._meta.label}.",
                "Derive it from drf_token_auth.base_models.AbstractToken and not from Token. Write "
                f'{conf.TOKEN_MODEL_SETTING} = "{model._meta.label}" before the first migrate.',
            )
