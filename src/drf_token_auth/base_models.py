"""The abstract token model: its columns, and what its methods do when a row is saved or deleted.

This module can be imported without the app in INSTALLED_APPS. Subclass :class:`AbstractToken` to
write your own token model. Use ``isinstance(request.auth, AbstractToken)`` to recognize a token.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models.signals import pre_save
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import get_token_model, keys
from .conf import get_settings
from .conf.rules import SCOPES_LENGTH
from .exceptions import KeyNotShown
from .fields import DigestField, ScopesField
from .managers import TokenManager, all_rows
from .passwords import STAMP_LENGTH
from .rows import expiry, revocation
from .rows.creation import NAME_LENGTH, announce_created, clean_name, fill_in, fill_in_fixture
from .rows.database_text import store_texts
from .rows.kinds import Kind
from .rows.limit import room_for
from .rows.login_name import login_name
from .rows.pickling import PickledWithoutSecrets

if TYPE_CHECKING:
    from typing_extensions import Self

    from .fields import DurationOrNull, Moment, MomentOrNull, RowId, Text, TextOrNull, ToUser

__all__ = ["AbstractToken", "Kind", "clean_name"]

logger = logging.getLogger("drf_token_auth")


def default_expires_at() -> datetime | None:
    """Return the default expiry of a new row: now plus ``TTL``, or None if ``TTL`` is None."""
    ttl = get_settings().TTL
    return None if ttl is None else timezone.now() + ttl


class AbstractToken(PickledWithoutSecrets, models.Model):
    Kind: Final = Kind

    # The columns with an alignment of eight bytes come first, so PostgreSQL adds no padding
    # between them.
    id: RowId = models.BigAutoField(primary_key=True)
    user: ToUser = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="%(app_label)s_%(class)s_set",
        verbose_name=_("user"),
    )
    created_at: Moment = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at: MomentOrNull = models.DateTimeField(
        _("expires"),
        null=True,
        blank=True,
        db_index=True,
        default=default_expires_at,
        help_text=_("Empty: never."),
    )
    last_used_at: MomentOrNull = models.DateTimeField(
        _("last used"), null=True, default=None, editable=False
    )
    renewable_until: MomentOrNull = models.DateTimeField(
        _("renewable until"), null=True, default=None, editable=False
    )
    idle_timeout: DurationOrNull = models.DurationField(
        _("idle timeout"), null=True, default=None, editable=False
    )
    previous_until: MomentOrNull = models.DateTimeField(null=True, default=None, editable=False)
    # Each key that a rotation of this row made contains this number, also the replaced keys.
    key_family: models.BigIntegerField[Any, int | None] = models.BigIntegerField(
        null=True, default=None, db_index=True, editable=False
    )
    digest: DigestField = DigestField(unique=True, default=keys.unissued)
    previous_digest: DigestField = DigestField(null=True, default=None, db_index=True)
    hint: Text = models.CharField(_("hint"), max_length=8, blank=True, default="", editable=False)
    kind: Text = models.CharField(
        _("kind"), max_length=16, choices=Kind.choices, default=Kind.LOGIN
    )
    # NULL means "not bound". If PASSWORD_BOUND names the kind, the next use binds the token.
    user_stamp: TextOrNull = models.CharField(  # noqa: DJ001
        max_length=STAMP_LENGTH, null=True, default=None, editable=False
    )
    name: Text = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, default="")
    # NULL means "all that the user may do". An empty list is refused.
    scopes: ScopesField = ScopesField(
        _("scopes"), max_length=SCOPES_LENGTH, null=True, blank=True, default=None
    )

    objects: ClassVar[TokenManager[Self]] = TokenManager()

    class Meta:
        abstract = True
        verbose_name: ClassVar[Any] = _("token")
        verbose_name_plural: ClassVar[Any] = _("tokens")

    # Only the instance that created the key has it. The key is never stored in the database.
    _key: str | None = None
    # Set on a row that was found by a key: all digests under which that key can be stored.
    presented_digests: Sequence[bytes] = ()
    # True if the caller chose an idle timeout, or chose None. Then no default replaces it.
    is_idle_timeout_chosen: bool = False
    # The actor who creates the token, and the request. The signals of the creation send both.
    origin: tuple[Any, Any] = (None, None)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # The new class may be the token model in use.
        get_token_model.cache_clear()
        pre_save.connect(fill_in_fixture, sender=cls)

    def __str__(self) -> str:
        """Return a label, such as "login token aB3d… of ada". It never runs a query."""
        loaded = vars(self)
        user = self._state.fields_cache.get("user")
        return _("%(kind)s token %(hint)s… of %(user)s") % {
            "kind": dict(Kind.choices).get(loaded.get("kind", ""), ""),
            "hint": loaded.get("hint", ""),
            "user": loaded.get("user_id") if user is None else login_name(user),
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the token, without the characters of its name that the database cannot store.

        :raises TokenLimitReached: there is no room for a new token. See also :meth:`complete`.
        :raises DatabaseError: the row was revoked after this instance was loaded.
        """
        database = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        save = super().save

        def store(names: Sequence[str]) -> None:
            [self.name] = names
            save(*args, **kwargs)

        if not self._state.adding:
            if not (kwargs.get("update_fields") or kwargs.get("force_insert")):
                # Without this, Django would INSERT the row of a token that was revoked meanwhile.
                kwargs["force_update"] = True
            store_texts([clean_name(self.name)], store, using=database)
            return
        self.complete()
        with room_for(all_rows(type(self), database), [self]):
            store_texts([self.name], store, using=database)
            announce_created(self, using=database)

    def clean(self) -> None:
        """Raise ValidationError (code "expired") for a new token whose expiry is in the past."""
        super().clean()
        if self._state.adding and self.is_expired():
            raise ValidationError(_("The expiry must be in the future."), code="expired")

    @classmethod
    def generate_key(cls) -> str:
        """Return a new key: ``PREFIX``, 178 random bits (RFC 6749 10.10) and a checksum."""
        return keys.generate(get_settings().PREFIX)

    @property
    def created(self) -> datetime:
        """Return ``created_at``, for code that was written for DRF's token."""
        return self.created_at

    @property
    def key(self) -> str:
        """Return the key. Only the instance that created the key has it.

        :raises KeyNotShown: this instance has no key. The error is an AttributeError too.
        """
        if self._key is None:
            message = KeyNotShown.UNSAVED if self._state.adding else KeyNotShown.LOADED
            if settings.DEBUG:
                # A serializer with the field "key" leaves it out without an error. So log why.
                logger.warning(message)
            raise KeyNotShown(message)
        return self._key

    @key.setter
    def key(self, key: str | None) -> None:
        if not key and self._state.adding:
            # An empty key asks for a new one, as with DRF's token. save() generates it.
            self.digest, self.hint, self._key = keys.unissued(), "", None
            return
        conf = get_settings()
        key = keys.require_storable(key, conf.PREFIX)
        version = conf.digest_version
        self.digest = keys.digest(key, version, conf.PEPPERS.get(version, b""))
        self.hint = keys.hint(key, conf.PREFIX)
        self._key = key

    @property
    def scope_list(self) -> list[str] | None:
        """Return the scopes as a list of names. None means all that the user may do."""
        return None if self.scopes is None else self.scopes.split()

    def is_expired(self, now: datetime | None = None) -> bool:
        """Return whether ``now >= expires_at``. By default, use the current time."""
        return expiry.is_expired(self, now or timezone.now())

    @property
    def is_password_bound(self) -> bool:
        """Return whether ``PASSWORD_BOUND`` names the kind of this token."""
        return self.kind in get_settings().PASSWORD_BOUND

    def complete(self) -> None:
        """Fill in the columns of a new row. ``save()``, ``bulk_create()`` and imports call it.

        Override it to fill in columns of your own.

        :raises ValueError, TypeError, ValidationError: the kind, a time or ``scopes`` is wrong.
        :raises UnknownScopes, PasswordChanged: as :func:`rows.creation.fill_in`.
        """
        fill_in(self)

    def revoke(
        self, *, reason: str, actor: Any = None, request: Any = None, using: str | None = None
    ) -> bool:
        """Revoke the token at once: delete its row and send ``token_revoked``.

        An expired row is deleted too, but no signal is sent for it.

        :param reason: the text that ``token_revoked`` and the log show. See :mod:`signals`.
        :param actor, request: for ``token_revoked``.
        :param using: the alias of a database. By default, the router's database for writes.
        :returns: False if the row did not exist any more, or if the token had expired.
        """
        done = revocation.revoke_one(self, using=using, reason=reason, actor=actor, request=request)
        return done.usable == 1

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Revoke the token with the reason "deleted", for code that calls ``delete()`` as usual.

        :returns: a pair like that of Django's ``delete()``. It counts no rows of other models.
        """
        count = revocation.revoke_one(self, using=using, reason="deleted").rows
        return count, {self._meta.label: count} if count else {}

    revoke.alters_data = True  # type: ignore[attr-defined]
