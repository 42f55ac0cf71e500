"""Check the order of the authenticators, and find authenticators that cannot use our tokens."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Tags
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    TokenAuthentication,
)

from .. import conf
from ..authentication import ExpiringTokenAuthentication
from ..conf.rest_framework import OURS, SETTING, write_ours
from .code import is_token_model, looks_tokens_up_by_key, model_of
from .rest_framework import check_default_classes, default_authenticators
from .served import base_of, comes_from, served_views, takes_our_tokens
from .shared import Messages, check, error, path_of, warning


def _default_classes() -> list[Any]:
    return [one for one in default_authenticators() if isinstance(one, type)]


def used_classes() -> list[Any]:
    """Return the default authenticators and the authenticators of the views, without duplicates."""
    classes = _default_classes()
    for view in served_views():
        listed = getattr(view, "authentication_classes", ())
        classes += listed if isinstance(listed, (list, tuple)) else ()
    return list(dict.fromkeys(one for one in classes if isinstance(one, type)))


@check(Tags.security)
def check_order_of_authenticators() -> Messages:
    """W001: the first authenticator has no challenge, so DRF answers 403 instead of 401."""
    classes = _default_classes()
    if not any(map(_is_our_class, classes)):
        return
    first, ours = classes[0], next(filter(_is_our_class, classes))
    if getattr(first, "authenticate_header", None) is BaseAuthentication.authenticate_header:
        yield warning(
            "W001",
            f"{first.__name__} is the first of {SETTING}. It has no WWW-Authenticate challenge, "
            "so DRF answers 403 where it should answer 401.",
            f'Write "{path_of(ours)}" first. Clients then get 401 where they got 403. If they rely '
            'on 403, leave the order, and write SILENCED_SYSTEM_CHECKS = ["drf_token_auth.W001"].',
        )


@check(Tags.security, deploy=True)
def check_basic_authentication() -> Messages:
    """W002: BasicAuthentication accepts the password with each request."""
    if any(issubclass(one, BasicAuthentication) for one in _default_classes()):
        yield warning(
            "W002",
            f"{SETTING} has BasicAuthentication. It accepts the password with each request, "
            "without a limit on tries, and a logout does not stop it.",
            f"{write_ours()} Without this setting, DRF uses BasicAuthentication.",
        )


@check(Tags.security)
def check_drfs_authenticators() -> Messages:
    """E014: an authenticator looks our tokens up by key. E017: it needs an app that is missing."""
    for one in used_classes():
        if looks_tokens_up_by_key(one) or (_is_drfs(one) and is_token_model(model_of(one))):
            yield error(
                "E014",
                f"{path_of(one)} looks tokens up by their key, but the database has only a digest "
                "of each key. Every request with a token would fail.",
                f"Delete the class and use {OURS}. It refuses expired tokens itself. For another "
                f'lifetime, write {conf.SETTING} = {{"TTL": timedelta(days=14)}}.',
            )
        elif _lacks_its_app(one):
            yield error(
                "E017",
                f"{path_of(one)} needs rest_framework.authtoken, which is not in INSTALLED_APPS.",
                f"Use {OURS}.",
            )


def _lacks_its_app(one: Any) -> bool:
    return _is_drfs(one) and _needs_authtoken(one)


def _needs_authtoken(one: Any) -> bool:
    has_own_model = one.model is not None or one.get_model is not TokenAuthentication.get_model
    return not has_own_model and not apps.is_installed("rest_framework.authtoken")


@check(Tags.security)
def check_keywords() -> Messages:
    """W007: DRF's authenticator and ours read the same keyword and refuse each other's keys."""
    classes = _default_classes()
    for theirs in filter(_is_drfs, classes):
        ours = [one for one in classes if _is_our_class(one) and _words(one) & _words(theirs)]
        if not ours or is_token_model(model_of(theirs)) or _needs_authtoken(theirs):
            continue
        is_last = all(classes.index(one) < classes.index(theirs) for one in ours)
        if not (is_last and conf.get_settings().UNKNOWN_KEYS == "pass"):
            names = ", ".join(f'"{path_of(one)}"' for one in [*ours, theirs])
            yield warning(
                "W007",
                f"{theirs.__name__} and {ours[0].__name__} refuse each other's keys. Both read "
                f"the word {theirs.keyword!r} in the Authorization header.",
                f'Write "DEFAULT_AUTHENTICATION_CLASSES": [{names}, …] '
                f'and {conf.SETTING} = {{"UNKNOWN_KEYS": "pass"}}.',
            )


@check(Tags.security)
def check_login_is_of_use() -> Messages:
    """W008: our login is served, but the project's views do not accept its tokens."""
    views = served_views()
    logins = [view for view in views if base_of(view, "drf_token_auth.views.login.LoginView")]
    defaults = default_authenticators()
    if not logins or any(map(_may_take_our_tokens, defaults)) or any(map(_names_our_class, views)):
        return
    # E016 and E017 already say which class to write.
    if check_default_classes() or any(map(_lacks_its_app, defaults)):
        return
    yield warning(
        "W008",
        f"{path_of(logins[0])} is served, but no class in {SETTING} accepts its tokens. Your views "
        "will answer 401 or 403 to them.",
        write_ours(),
    )


def _names_our_class(view: type[Any]) -> bool:
    """Return whether a view of the project has its own list of authenticators, with ours in it."""
    from rest_framework.views import APIView

    is_default = getattr(view, "authentication_classes", None) is APIView.authentication_classes
    return not is_default and not comes_from(view, "drf_token_auth") and takes_our_tokens(view)


def _may_take_our_tokens(one: Any) -> bool:
    """Return whether this authenticator accepts our tokens, or may accept them in some requests."""
    if not isinstance(one, type) or _is_our_class(one):
        return True
    model = model_of(one)
    is_unknown = model is None and hasattr(one, "get_model") and not _needs_authtoken(one)
    return is_unknown or is_token_model(model)


def _is_our_class(one: Any) -> bool:
    return issubclass(one, ExpiringTokenAuthentication)


def takes_drfs_tokens(one: Any) -> bool:
    """Return whether this is DRF's authenticator with a token model that is not ours."""
    return isinstance(one, type) and _is_drfs(one) and not is_token_model(model_of(one))


def _is_drfs(one: Any) -> bool:
    """Return whether this is DRF's class, or a subclass that authenticates in the same way."""
    return (
        issubclass(one, TokenAuthentication)
        and one.authenticate is TokenAuthentication.authenticate
        and one.authenticate_credentials is TokenAuthentication.authenticate_credentials
    )


def _words(one: Any) -> set[str]:
    """Return the keywords of the authenticator. Its ``keyword`` may be a text or a list."""
    keyword = one.keyword
    return {str(word).lower() for word in ([keyword] if isinstance(keyword, str) else keyword)}
