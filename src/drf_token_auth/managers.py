"""The queryset and manager of tokens: what code written for DRF's ``Token.objects`` calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import FieldError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from . import keys, lookup
from .exceptions import Refused
from .locking import lock_user, locking_transaction, read_latest, user_model
from .passwords import has_other_stamp, may_be_deleted
from .signals import leaving

if TYPE_CHECKING:
    from typing_extensions import Self

    from .base_models import AbstractToken

__all__ = ["TokenManager", "TokenQuerySet", "all_rows"]

_T = TypeVar("_T", bound="AbstractToken", covariant=True)


def all_rows(model: type[Any], using: str) -> TokenQuerySet[Any]:
    """Every row, also those that a default manager of the project's leaves out."""
    return TokenQuerySet(model, using=using)


def _refuse_key_lookup(kwargs: dict[str, Any]) -> None:
    if any(name == "key" or name.startswith("key__") for name in kwargs):
        raise FieldError(
            "A key can't be looked up: the database holds only its digest. "
            "Use objects.from_key(key), which gives the usable token or None."
        )


class TokenQuerySet(models.QuerySet[_T]):
    def usable(self) -> Self:
        """Those that have not expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))

    def expired(self) -> Self:
        """Those that have: ``now >= expires_at``."""
        return self.filter(expires_at__lte=timezone.now())

    def alive_for(self, user: Any) -> Self:
        """Return the user's tokens that authenticate: not expired, not ended by a new password."""
        return self.usable().filter(user=user).exclude(has_other_stamp(user))

    def ended_by_password(self, user: Any) -> Self:
        """Return the user's tokens that a password change has ended for good."""
        if not may_be_deleted(user):
            return cast("Self", self.none())
        return self.filter(has_other_stamp(user), user=user)

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        _refuse_key_lookup(kwargs)
        return cast("Self", super().filter(*args, **kwargs))

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        _refuse_key_lookup(kwargs)
        return cast("Self", super().exclude(*args, **kwargs))

    def get_or_create(self, defaults: Any = None, **kwargs: Any) -> tuple[_T, bool]:
        """The newest usable token that matches, as it is (its key is gone), or a new one.

        Two at once make one: the second waits for the user's row and finds the first's token.
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

    get_or_create.alters_data = True  # type: ignore[attr-defined]

    def _newest_usable(self, wanted: dict[str, Any]) -> _T | None:
        matching = self.filter(**wanted).usable()
        if "user" in wanted:
            matching = matching.exclude(has_other_stamp(wanted["user"]))
        return cast("_T | None", matching.order_by("-created_at", "-pk").first())

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        objs = list(objs)
        self._for_write = True
        users = user_model(self.model)._base_manager.using(self.db)
        unloaded = [token for token in objs if not self.model.user.is_cached(token)]
        loaded = users.in_bulk({token.user_id for token in unloaded})
        for token in unloaded:
            token.user = loaded.get(token.user_id, token.user_id and None)
        for token in objs:
            token.complete()
        with transaction.atomic(using=self.db, savepoint=False):
            made = super().bulk_create(objs, *args, **kwargs)
            # With ignore_conflicts, the database doesn't say which were made.
            if not kwargs.get("ignore_conflicts"):
                for token in made:
                    token.announce_created(using=self.db)
        return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def revoke(self, *, reason: str, actor: Any = None, request: Any = None) -> int:
        """End them at once: the rows go, ``token_revoked`` is sent for each. How many there were.

        If two calls run at once, only the one that revokes a token sends its signal. Those that
        have expired go as well, unsaid and uncounted. Holds the rows of all their users meanwhile.
        """
        ends = self._end_each(reason=reason, actor=actor, request=request)
        return sum(before_its_time for _, before_its_time in ends)

    revoke.alters_data = True  # type: ignore[attr-defined]
    revoke.queryset_only = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """As :meth:`revoke`, for code that deletes tokens as it deletes any other row.

        The count is of all the rows, also of those that had expired.
        """
        count = sum(rows for rows, _ in self._end_each(reason="deleted"))
        return count, {self.model._meta.label: count} if count else {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _end_each(self, **what: Any) -> list[tuple[int, bool]]:
        self._for_write = True
        with locking_transaction(using=self.db):
            tokens = list(self.using(self.db).order_by("pk"))
            for user_pk in sorted({token.user_id for token in tokens} - {None}):
                lock_user(self.model, user_pk, using=self.db)
            leaving.send(self.model, tokens=tokens, using=self.db)
            return [token.end_row(using=self.db, **what) for token in tokens]

    def delete_silently(self) -> int:
        """One DELETE, no signal of ours: for rows that had ended before (the purge)."""
        return super().delete()[1].get(self.model._meta.label, 0)

    delete_silently.alters_data = True  # type: ignore[attr-defined]
    delete_silently.queryset_only = True  # type: ignore[attr-defined]

    @sensitive_variables()
    def from_key(self, key: str | None) -> _T | None:
        """The usable token with this key, its user loaded, or None. Records no use."""
        key = keys.hidden(key)
        try:
            return lookup.authenticate(self.model, key, queryset=self)
        except Refused:
            return None

    @sensitive_variables()
    async def afrom_key(self, key: str | None) -> _T | None:
        """As :meth:`from_key`."""
        key = keys.hidden(key)
        return await sync_to_async(self.from_key)(key)


if TYPE_CHECKING:

    class _Manager(models.Manager[_T]):
        # Of what from_queryset makes, only mypy's plugin has an idea.
        def get_queryset(self) -> TokenQuerySet[_T]: ...
        def all(self) -> TokenQuerySet[_T]: ...
        def filter(self, *args: Any, **kwargs: Any) -> TokenQuerySet[_T]: ...
        def exclude(self, *args: Any, **kwargs: Any) -> TokenQuerySet[_T]: ...
        def using(self, alias: str | None) -> TokenQuerySet[_T]: ...
        def select_related(self, *fields: Any) -> TokenQuerySet[_T]: ...
        def order_by(self, *field_names: Any) -> TokenQuerySet[_T]: ...
        def usable(self) -> TokenQuerySet[_T]: ...
        def expired(self) -> TokenQuerySet[_T]: ...
        def alive_for(self, user: Any) -> TokenQuerySet[_T]: ...
        def ended_by_password(self, user: Any) -> TokenQuerySet[_T]: ...

else:
    _Manager = models.Manager.from_queryset(TokenQuerySet)


class TokenManager(_Manager[_T]):
    """``Token.objects``."""

    @property
    def is_plain(self) -> bool:
        """Whether nothing of this manager is overridden, so that a request may skip the ORM."""
        return type(self) is TokenManager

    # Django's own method that passes a call on would show the key in reports of errors.
    @sensitive_variables()
    def from_key(self, key: str | None) -> _T | None:
        """As the queryset's."""
        key = keys.hidden(key)
        return self.get_queryset().from_key(key)

    @sensitive_variables()
    async def afrom_key(self, key: str | None) -> _T | None:
        """As the queryset's."""
        key = keys.hidden(key)
        return await self.get_queryset().afrom_key(key)
