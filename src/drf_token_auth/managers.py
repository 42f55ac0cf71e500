"""The queryset and the manager of tokens. Code written for DRF's ``Token.objects`` can use them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import sync_to_async
from django.db import models
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from . import keys, lookup
from .exceptions import Refused
from .lookup.not_found import warn_of_more_than_a_key
from .passwords import has_other_stamp, has_own_hash
from .rows import expiry, revocation
from .rows.creation import announce_created
from .rows.database_text import store_texts
from .rows.foreign_names import CHANGE, TokenQuery, refuse_columns
from .rows.limit import room_for
from .rows.locking import lock_user, locking_transaction, read_latest, user_model

if TYPE_CHECKING:
    from typing_extensions import Self

    from .base_models import AbstractToken

__all__ = ["TokenManager", "TokenQuerySet", "all_rows"]

_T = TypeVar("_T", bound="AbstractToken", covariant=True)


def all_rows(model: type[Any], using: str) -> TokenQuerySet[Any]:
    """Return all rows in the database ``using``, also those that a default manager hides."""
    return TokenQuerySet(model, using=using)


class TokenQuerySet(models.QuerySet[_T]):
    def __init__(self, model: Any = None, query: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(model, query or TokenQuery(model), *args, **kwargs)

    if TYPE_CHECKING:  # The mypy plugin of django-stubs would say that these return Any.

        def filter(self, *args: Any, **kwargs: Any) -> Self: ...
        def exclude(self, *args: Any, **kwargs: Any) -> Self: ...

    def usable(self) -> Self:
        """Return the tokens that have not expired."""
        return self.filter(expiry.not_expired(timezone.now()))

    def expired(self) -> Self:
        """Return the tokens that have expired: ``now >= expires_at``."""
        return self.filter(expiry.expired(timezone.now()))

    def alive_for(self, user: Any) -> Self:
        """Return the user's tokens that have not expired and are not bound to an old password."""
        return self.usable().filter(user=user).exclude(has_other_stamp(user))

    def with_old_password(self, user: Any) -> Self:
        """Return the user's tokens that are bound to an old password. They never work again.

        If ``has_own_hash(user)``, return no token, because the tokens may work on another server.
        """
        if has_own_hash(user):
            return cast("Self", self.none())
        return self.filter(has_other_stamp(user), user=user)

    def only(self, *fields: str) -> Self:
        """Do what Django's ``only()`` does. A FieldError about ``key`` says what to write."""
        refuse_columns(self.model, fields)
        return cast("Self", super().only(*fields))

    def defer(self, *fields: Any) -> Self:
        """Do what Django's ``defer()`` does. A FieldError about ``key`` says what to write."""
        refuse_columns(self.model, fields)
        return cast("Self", super().defer(*fields))

    def update(self, **kwargs: Any) -> int:
        """Do what Django's ``update()`` does. A FieldError about ``key`` says what to write."""
        refuse_columns(self.model, kwargs, CHANGE)
        return super().update(**kwargs)

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: Any = None) -> int:
        """Do what Django's method does. A FieldError about ``key`` says what to write."""
        fields = list(fields)
        refuse_columns(self.model, fields, CHANGE)
        return super().bulk_update(objs, fields, batch_size)

    def get_or_create(self, defaults: Any = None, **kwargs: Any) -> tuple[_T, bool]:
        """Return the newest usable token that matches, or create one.

        An existing token is returned without its key. If the call names the user, two calls at the
        same time create one token. The second waits for the user's row, and then finds this token.

        :returns: the token, and whether this call created it.
        :raises TokenLimitReached, UnknownScopes: as ``token.save()`` of a new token.
        """
        found = self._newest_usable(kwargs)
        if found is not None:
            return found, False
        user = kwargs.get("user", kwargs.get("user_id"))
        self._for_write = True
        with locking_transaction(using=self.db):
            if user is not None:
                lock_user(self.model, getattr(user, "pk", user), using=self.db)
                found = read_latest(self.using(self.db))._newest_usable(kwargs)
                if found is not None:
                    return found, False
            values = {name: value for name, value in kwargs.items() if "__" not in name}
            for name, value in (defaults or {}).items():
                values[name] = value() if callable(value) else value
            return self.create(**values), True

    def _newest_usable(self, wanted: dict[str, Any]) -> _T | None:
        matching = self.filter(**wanted).usable()
        user = wanted.get("user")
        if "user_id" in wanted:
            users = user_model(self.model)._base_manager.using(self.db)
            user = users.filter(pk=wanted["user_id"]).first()
        if user is not None:
            matching = matching.exclude(has_other_stamp(user))
        newest = matching.order_by("-created_at", "-pk")
        # update_or_create() locks the rows. Oracle refuses a LIMIT in a query that locks rows.
        return next(iter(newest if newest.query.select_for_update else newest[:1]), None)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Do what ``token.save()`` does. With ``ignore_conflicts``, send no ``token_created``."""
        objs = list(objs)
        self._for_write = True
        users = user_model(self.model)._base_manager.using(self.db)
        models.prefetch_related_objects(objs, models.Prefetch("user", users))
        for token in objs:
            token.complete()
        insert = super().bulk_create

        def store(names: Sequence[str]) -> list[Any]:
            for token, name in zip(objs, names, strict=True):
                token.name = name
            return insert(objs, *args, **kwargs)

        with room_for(all_rows(self.model, self.db), objs):
            made = store_texts([token.name for token in objs], store, using=self.db)
            # With ignore_conflicts, the database does not say which rows were inserted.
            if not kwargs.get("ignore_conflicts"):
                for token in made:
                    announce_created(token, using=self.db)
        return made

    def revoke(self, *, reason: str, actor: Any = None, request: Any = None) -> int:
        """Revoke these tokens at once: delete the rows and send ``token_revoked`` for each.

        If two calls run at the same time, only the call that revokes a token sends its signal.
        Expired rows are deleted too, without a signal. The transaction locks the row of each user
        who has one of these tokens.

        :param reason: the text that ``token_revoked`` and the log show. See :mod:`signals`.
        :param actor, request: for ``token_revoked``.
        :returns: how many usable tokens were revoked. Expired rows are not counted.
        """
        return revocation.revoke_many(self, reason=reason, actor=actor, request=request).usable

    revoke.alters_data = True  # type: ignore[attr-defined]
    revoke.queryset_only = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Revoke these tokens with the reason "deleted", for code that calls ``delete()`` as usual.

        :returns: a pair like that of Django's ``delete()``. It counts the tokens, also expired
            ones, but no rows of other models.
        """
        count = revocation.revoke_many(self, reason="deleted").rows
        return count, {self.model._meta.label: count} if count else {}

    delete.queryset_only = True  # type: ignore[attr-defined]

    def delete_silently(self) -> int:
        """Delete the rows without sending ``token_revoked``, and return how many there were.

        Use it for rows that have already expired, as the purge does.
        """
        return super().delete()[1].get(self.model._meta.label, 0)

    delete_silently.alters_data = True  # type: ignore[attr-defined]
    delete_silently.queryset_only = True  # type: ignore[attr-defined]

    @sensitive_variables()
    def from_key(self, key: str | None) -> _T | None:
        """Return the usable token with this key, with its user loaded, or None. Record no use."""
        key = keys.hidden(key)
        try:
            return lookup.authenticate(self.model, key, queryset=self)
        except Refused:
            warn_of_more_than_a_key(key)
            return None

    @sensitive_variables()
    async def afrom_key(self, key: str | None) -> _T | None:
        """Return what :meth:`from_key` returns, for async code."""
        key = keys.hidden(key)
        return await sync_to_async(self.from_key)(key)


if TYPE_CHECKING:

    class _Manager(models.Manager[_T]):
        # Without django-stubs' plugin, mypy does not know the methods that from_queryset() creates.
        def get_queryset(self) -> TokenQuerySet[_T]: ...
        def all(self) -> TokenQuerySet[_T]: ...
        def filter(self, *args: Any, **kwargs: Any) -> TokenQuerySet[_T]: ...
        def exclude(self, *args: Any, **kwargs: Any) -> TokenQuerySet[_T]: ...
        def using(self, alias: str | None) -> TokenQuerySet[_T]: ...
        def select_related(self, *fields: Any) -> TokenQuerySet[_T]: ...
        def order_by(self, *field_names: Any) -> TokenQuerySet[_T]: ...
        def only(self, *fields: str) -> TokenQuerySet[_T]: ...
        def defer(self, *fields: Any) -> TokenQuerySet[_T]: ...
        def usable(self) -> TokenQuerySet[_T]: ...
        def expired(self) -> TokenQuerySet[_T]: ...
        def alive_for(self, user: Any) -> TokenQuerySet[_T]: ...
        def with_old_password(self, user: Any) -> TokenQuerySet[_T]: ...

else:
    _Manager = models.Manager.from_queryset(TokenQuerySet)


class TokenManager(_Manager[_T]):
    """The manager behind ``Token.objects``."""

    @property
    def is_plain(self) -> bool:
        """Return whether this is TokenManager itself. A request may then skip the ORM."""
        return type(self) is TokenManager

    # The method that Django generates would show the key in error reports.
    @sensitive_variables()
    def from_key(self, key: str | None) -> _T | None:
        """Return the usable token with this key, or None, as the queryset does."""
        key = keys.hidden(key)
        return self.get_queryset().from_key(key)

    @sensitive_variables()
    async def afrom_key(self, key: str | None) -> _T | None:
        """Return what :meth:`from_key` returns, for async code."""
        key = keys.hidden(key)
        return await self.get_queryset().afrom_key(key)
