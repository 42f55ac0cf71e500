"""A class that djoser can use as its token model. It passes calls to the token model in use."""

from __future__ import annotations

from typing import Any

from ... import get_token_model, operations
from ...base_models import AbstractToken

__all__ = ["TokenModel"]


class _LoginTokens:
    """Act as the manager of the token model. Only the two methods that djoser calls differ."""

    def __getattr__(self, name: str) -> Any:
        return getattr(get_token_model()._default_manager, name)

    def get_or_create(self, defaults: Any = None, **values: Any) -> tuple[AbstractToken, bool]:
        """Always make a new token: djoser shows its key, and an older token has no key to show."""
        from ...views.errors import refusing

        for name, value in (defaults or {}).items():
            values[name] = value() if callable(value) else value
        token = get_token_model()(**values)
        token.origin = (token.user, None)
        with refusing():
            operations.insert(token)
        return token, True

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        tokens = get_token_model()._default_manager.filter(*args, **kwargs)
        if not args and set(kwargs) == {"user"}:
            of_user: Any = type("TokensOfUser", (_TokensOfUser, type(tokens)), {})
            tokens = of_user(tokens.model, tokens.query, tokens._db, tokens._hints)
            tokens._user = kwargs["user"]
        return tokens


class _TokensOfUser:
    """A queryset of one user's tokens."""

    model: Any
    _user: Any = None

    def delete(self) -> tuple[int, dict[str, int]]:
        """Revoke only the user's login tokens. djoser's logout calls this method."""
        if self._user is None:  # The caller has filtered the rows further.
            return super().delete()  # type: ignore[misc, no-any-return]
        count = operations.revoke_all(self._user, reason="logout_all", actor=self._user)
        return count, {self.model._meta.label: count} if count else {}

    delete.alters_data = True  # type: ignore[attr-defined]


class _TokenModelType(type):
    def __getattr__(cls, name: str) -> Any:
        return getattr(get_token_model(), name)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        model: Any = get_token_model()
        return model(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, get_token_model())


class TokenModel(metaclass=_TokenModelType):
    """The token model in use. ``TokenModel(user=user)`` makes one of its instances."""

    objects = _LoginTokens()
