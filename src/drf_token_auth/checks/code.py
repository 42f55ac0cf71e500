"""Read the compiled code of the project's classes without running it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from ..base_models import AbstractToken

# The project cannot correct the code of these packages. Other checks cover how they use tokens.
_PACKAGES = {"rest_framework", "drf_token_auth", "django", "dj_rest_auth", "djoser", "builtins"}
_LOOKUPS = {"get", "aget", "filter", "exclude", "get_object_or_404", "aget_object_or_404"}


def looks_tokens_up_by_key(authenticator: type[Any]) -> bool:
    """Return whether a method looks our tokens up by key, such as ``Token.objects.get(key=…)``."""
    return any(
        _filters_by_key(code) and _is_about_our_tokens(authenticator, function)
        for function in own_functions(authenticator)
        for code in _codes(function.__code__)
    )


def own_classes(cls: type[Any]) -> Iterator[type[Any]]:
    """Yield the class and its bases, without those that the project cannot correct."""
    return (base for base in cls.__mro__ if base.__module__.partition(".")[0] not in _PACKAGES)


def own_functions(cls: type[Any]) -> Iterator[FunctionType]:
    """Yield the project's functions in the class and its bases, and functions in their closures.

    ``@api_view`` keeps the view in a closure.
    """
    for base in own_classes(cls):
        for value in vars(base).values():
            is_function = isinstance(value, (FunctionType, staticmethod, classmethod))
            function = inspect.unwrap(value) if is_function else None
            if isinstance(function, FunctionType):
                held = inspect.getclosurevars(function).nonlocals.values()
                yield function
                yield from (one for one in held if isinstance(one, FunctionType))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def names_in(function: FunctionType) -> set[str]:
    """Return the names of the globals and attributes that the function uses."""
    return {name for code in _codes(function.__code__) for name in code.co_names}


def _filters_by_key(code: CodeType) -> bool:
    """Return whether the code calls a lookup with the keyword argument ``key``.

    Python stores the names of a call's keyword arguments as a tuple among the constants.
    """
    keywords = {word for one in code.co_consts if isinstance(one, tuple) for word in one}
    return "key" in keywords and not _LOOKUPS.isdisjoint(code.co_names)


def _is_about_our_tokens(cls: type[Any], function: FunctionType) -> bool:
    names = names_in(function)
    models = [function.__globals__.get(name) for name in names]
    if not names.isdisjoint({"get_model", "model"}):
        models.append(model_of(cls))
    is_ours = re.compile("drf_token_auth|get_token_model$").match
    return any(map(is_token_model, models)) or any(map(is_ours, names))


def is_token_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, AbstractToken)


def model_of(authenticator: type[Any]) -> Any:
    """Return the authenticator's token model, or None if ``get_model()`` is missing or fails."""
    try:
        return authenticator().get_model()
    except Exception:  # noqa: BLE001 -- the project's code may need a request
        return None
