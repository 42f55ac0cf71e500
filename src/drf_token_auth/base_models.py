"""The abstract token model: its columns, and the rules for every path that creates a row.

This module can be imported without the app in INSTALLED_APPS. Subclass :class:`AbstractToken` to
write your own token model. Use ``isinstance(request.auth, AbstractToken)`` to recognize a token.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import keys, signals
from .conf import get_settings
from .conf.entries import SCOPES_LENGTH
from .database_text import store_text
from .exceptions import KeyNotShown
from .fields import DigestField, ScopesField
from .locking import locking_transaction
from .managers import TokenManager, all_rows
from .passwords import STAMP_LENGTH, verified_stamp
from .scopes import encode_scopes

if TYPE_CHECKING:
    from django.contrib.auth.models import _User  # mypy's plugin makes it the project's user
    from django.db.models.expressions import Combinable
    from typing_extensions import Self

    # Each alias gives the types that a field accepts and returns. Only mypy's plugin infers them.
    ToUser: TypeAlias = models.ForeignKey[_User | Combinable, _User]
    RowId: TypeAlias = models.BigAutoField[int | str | Combinable, int]
    Text: TypeAlias = models.CharField[str | Combinable, str]
    TextOrNull: TypeAlias = models.CharField[str | Combinable | None, str | None]
    Moment: TypeAlias = models.DateTimeField[datetime | str | Combinable, datetime]
    MomentOrNull: TypeAlias = models.DateTimeField[
        datetime | str | Combinable | None, datetime | None
    ]
    DurationOrNull: TypeAlias = models.DurationField[
        timedelta | Combinable | None, timedelta | None
    ]

__all__ = ["AbstractToken", "Kind", "clean_name"]

NAME_LENGTH = 64
# These columns are as secret as the keys.
DIGESTS = ("digest", "previous_digest", "replaced_digest")


def default_expires_at() -> datetime | None:
    """Return now plus ``TTL``, or None without a TTL. New rows expire then by default."""
    ttl = get_settings().TTL
    return None if ttl is None else timezone.now() + ttl


def clean_name(name: str) -> str:
    """Return the name on one line, without control characters, cut to the length of the column.

    Control characters could forge lines in a log (OWASP ASVS 16.4.1).
    """
    printable = "".join(c if c.isprintable() else " " for c in name[: 8 * NAME_LENGTH])
    return " ".join(printable.split())[:NAME_LENGTH].rstrip()


_LOADED = (
    "This token was loaded from the database, which holds only a digest of its key. Create a new "
    "token in place of get_or_create(): token = operations.issue(user); then read token.key. "
    "drf_token_auth.views.LoginView does this for you."
)
_UNSAVED = "This token has no key yet. Save it first: token.save(); then read token.key."


class Kind:
    """The kinds of tokens.

    A logout or a new password revokes a login token. Personal tokens are for scripts and CI.
    """

    LOGIN: Final = "login"
    PERSONAL: Final = "personal"
    values: Final = (LOGIN, PERSONAL)
    choices: Final = ((LOGIN, _("login")), (PERSONAL, _("personal")))


class AbstractToken(models.Model):
    Kind: Final = Kind

    # The eight-byte columns come first. PostgreSQL adds padding where the alignment changes.
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
    digest: DigestField = DigestField(unique=True, default=keys.unissued)
    previous_digest: DigestField = DigestField(null=True, default=None, db_index=True)
    # The digest of a key that no longer works, because the previous key rotated again.
    replaced_digest: DigestField = DigestField(null=True, default=None, db_index=True)
    hint: Text = models.CharField(_("hint"), max_length=8, blank=True, default="", editable=False)
    kind: Text = models.CharField(
        _("kind"), max_length=16, choices=Kind.choices, default=Kind.LOGIN
    )
    # NULL means "not bound yet". The next use of the token binds it to the password.
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
    # True if the caller chose the idle timeout. None is then a choice, and no default replaces it.
    is_idle_timeout_chosen: bool = False
    # The user who creates the token, and the request. token_created sends both.
    origin: tuple[Any, Any] = (None, None)

    def __str__(self) -> str:
        """Return a label, such as "login token aB3d… of ada". It never runs a query."""
        loaded = vars(self)
        user = self._state.fields_cache.get("user")
        return _("%(kind)s token %(hint)s… of %(user)s") % {
            "kind": dict(Kind.choices).get(loaded.get("kind", ""), ""),
            "hint": loaded.get("hint", ""),
            "user": loaded.get("user_id") if user is None else user.get_username(),
        }

    def __getstate__(self) -> dict[str, Any]:
        """Leave the key and the digests out of a pickle. Django loads the digests on access."""
        state = self._plain_state()
        for name in ("_key", *DIGESTS, "presented_digests", "origin"):
            state.pop(name, None)
        return state

    def __copy__(self) -> Self:
        return self._copied(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Copy the key too. Django's TestCase gives each test a deep copy of the objects that
        # setUpTestData created.
        return self._copied(lambda value: copy.deepcopy(value, memo))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the token, without the characters of its name that the database cannot store."""
        if "name" not in vars(self):  # A deferred name is not loaded, so it has not changed.
            self._save(*args, **kwargs)
            return

        def store(name: str) -> None:
            self.name = name
            self._save(*args, **kwargs)

        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        store_text(clean_name(self.name), store, using=using)

    def _save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            elsewhere = kwargs.get("using") not in (None, self._state.db)
            if not (kwargs.get("update_fields") or kwargs.get("force_insert") or elsewhere):
                # Without this, Django would INSERT the row of a token that was revoked meanwhile.
                kwargs["force_update"] = True
            super().save(*args, **kwargs)
            return
        self.complete()
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using, savepoint=False):
            super().save(*args, **kwargs)
            self.announce_created(using=using)

    def clean(self) -> None:
        """Refuse a new token whose expiry is in the past. Forms call this method.

        :raises ValidationError: with the code "expired".
        """
        super().clean()
        if self._state.adding and self.is_expired():
            raise ValidationError(_("The expiry must be in the future."), code="expired")

    def _plain_state(self) -> dict[str, Any]:
        """Return the values by attribute name.

        Django moves the binary values that psycopg2 reads into a separate list. Undo that.
        """
        state = dict(super().__getstate__())
        state.update(state.pop("_memoryview_attrs", ()))
        return state

    def _copied(self, copied: Callable[[Any], Any]) -> Self:
        twin = type(self).__new__(type(self))
        state = self._plain_state()
        state.pop("origin", None)
        twin.__dict__.update({name: copied(value) for name, value in state.items()})
        return twin

    @classmethod
    def generate_key(cls) -> str:
        """Return a new random key that begins with ``PREFIX``. No row has it yet."""
        return keys.generate(get_settings().PREFIX)

    @property
    def created(self) -> datetime:
        """Return ``created_at``, for code that was written for DRF's token."""
        return self.created_at

    @property
    def key(self) -> str:
        """Return the key. Only the instance that created the key has it.

        :raises KeyNotShown: this instance did not create the key. It is an AttributeError.
        """
        if self._key is None:
            raise KeyNotShown(_UNSAVED if self._state.adding else _LOADED)
        return self._key

    @key.setter
    def key(self, key: str | None) -> None:
        if not key and self._state.adding:
            # An empty key asks for a new one, as with DRF's token. save() generates it.
            self.digest, self.hint, self._key = keys.unissued(), "", None
            return
        conf = get_settings()
        key = keys.require_usable(key, conf.PREFIX)
        version = conf.digest_version
        self.digest = keys.digest(key, version, conf.PEPPERS.get(version, b""))
        self.hint = keys.hint(key, conf.PREFIX)
        self._key = key

    @property
    def scope_list(self) -> list[str] | None:
        """Return the scopes as a list of names. None means all that the user may do."""
        return None if self.scopes is None else self.scopes.split()

    def is_expired(self, now: datetime | None = None) -> bool:
        """Return whether ``now >= expires_at``. Queries and the purge use the same definition."""
        return self.expires_at is not None and (now or timezone.now()) >= self.expires_at

    def knows_as_previous(self, digests: Sequence[bytes], now: datetime) -> bool:
        """Return whether one of these digests is the previous one and its grace is not over."""
        in_grace = self.previous_until is not None and now < self.previous_until
        return in_grace and keys.among(self.previous_digest, digests)

    @property
    def is_password_bound(self) -> bool:
        return self.kind in get_settings().PASSWORD_BOUND

    def complete(self) -> None:
        """Fill in the key, the expiry and the stamp of a new row. Every path that inserts calls it.

        :raises ValueError: the kind is not one of ``Kind.values``.
        :raises UnknownScopes: a scope is not declared in ``SCOPES``, or the list is empty.
        :raises PasswordChanged: the user's password was changed while it was checked.
        """
        if self.kind not in Kind.values:
            raise ValueError(f"A token's kind is one of {Kind.values}; it can't be {self.kind!r}.")
        conf = get_settings()
        now = timezone.now()
        if not self.digest or bytes(self.digest)[0] == keys.UNISSUED:
            self.key = self.generate_key()
        self.name = clean_name(self.name)
        self.scopes = encode_scopes(self.scopes)
        if not hasattr(self.expires_at, "resolve_expression"):
            # The caller may have assigned text. The comparisons below need a datetime.
            column: Any = self._meta.get_field("expires_at")
            self.expires_at = column.get_prep_value(self.expires_at)
        self.cap_lifetime(now)
        self._start_idle_timeout(now, conf.IDLE_TIMEOUT, never=conf.TTL is not None)
        # A row without a user is not refused here. The database reports it with a clear error.
        if self.user_stamp is None and self.is_password_bound and self.user_id is not None:
            self.user_stamp = verified_stamp(self.user)

    def cap_lifetime(self, now: datetime) -> None:
        """Shorten the expiry and ``renewable_until`` to ``MAX_TTL`` after ``now``."""
        longest = get_settings().MAX_TTL
        if longest is not None:
            latest = now + longest
            self.expires_at = min(self.expires_at or latest, latest)
            self.renewable_until = self.renewable_until and min(self.renewable_until, latest)

    def _start_idle_timeout(self, now: datetime, default: timedelta | None, *, never: bool) -> None:
        """Set the first idle expiry. The given expiry becomes the limit for renewals by use.

        A login token that is created with ``expires_at=None`` although ``TTL`` is set never
        expires. It gets no idle timeout by default.

        :param default: the idle timeout of a login token that has none of its own.
        :param never: True if ``expires_at=None`` is a choice, because ``TTL`` is set.
        """
        is_never = self.expires_at is None and never
        if self.idle_timeout is None and self.kind == Kind.LOGIN and not is_never:
            self.idle_timeout = None if self.is_idle_timeout_chosen else default
        if self.idle_timeout is not None and self.renewable_until is None:
            self.renewable_until = self.expires_at
            self.expires_at = self.renewed_until(now)

    def renewed_until(self, now: datetime) -> datetime | None:
        """Return when the token expires if it is used at ``now``, or None for never.

        The result is ``now`` plus the idle timeout, and at most ``renewable_until``.
        """
        if self.idle_timeout is None:
            return self.expires_at
        idle_end = now + self.idle_timeout
        return idle_end if self.renewable_until is None else min(idle_end, self.renewable_until)

    def announce_created(self, *, using: str) -> None:
        actor, request = self.origin
        self.announce(signals.token_created, using=using, actor=actor, request=request)

    def announce(self, signal: Signal, *, using: str, **what: Any) -> None:
        """Send the signal after the commit, with a copy of the row as it is now. It has no key."""
        token = copy.copy(self)
        token._key = None
        send = partial(signal.send_robust, sender=type(self), token=token, **what)
        transaction.on_commit(send, using=using, robust=True)

    def revoke(
        self, *, reason: str, actor: Any = None, request: Any = None, using: str | None = None
    ) -> bool:
        """Revoke the token at once: delete its row and send ``token_revoked``.

        An expired row is deleted too, but no signal is sent for it.

        :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
        :returns: False if the row did not exist any more, or if the token had expired.
        """
        return self._end(using, reason=reason, actor=actor, request=request)[1]

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Revoke the token with the reason "deleted", for code that calls ``delete()`` as usual.

        :returns: the same pair as Django's ``delete()``: the count, and the count for each model.
        """
        count, _ = self._end(using, reason="deleted")
        return count, {self._meta.label: count} if count else {}

    def _end(self, using: str | None, **what: Any) -> tuple[int, bool]:
        using = using or router.db_for_write(type(self), instance=self)
        with locking_transaction(using=using):
            signals.leaving.send(type(self), tokens=[self], using=using)
            return self.end_row(using=using, **what)

    def end_row(
        self, *, using: str, reason: str, actor: Any = None, request: Any = None
    ) -> tuple[int, bool]:
        """Delete the row without locks of its own. Call it in a transaction.

        :returns: how many rows were deleted (0 or 1), and whether the token was still usable.
        """
        rows = all_rows(type(self), using).filter(pk=self.pk)
        if rows.usable().delete_silently():
            what = {"reason": reason, "actor": actor, "request": request}
            self.announce(signals.token_revoked, using=using, **what)
            return 1, True
        return rows.delete_silently(), False

    delete.alters_data = True  # type: ignore[attr-defined]
    revoke.alters_data = True  # type: ignore[attr-defined]
