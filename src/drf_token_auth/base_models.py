"""The abstract token: its columns, and what holds on every path that makes a row.

Importable without the app installed: subclass :class:`AbstractToken` for a token model of your
own, and use it in ``isinstance(request.auth, AbstractToken)``.
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
from .exceptions import KeyNotShown
from .fields import DigestField, ScopesField
from .locking import locking_transaction
from .managers import TokenManager, all_rows
from .passwords import STAMP_LENGTH, verified_stamp
from .scopes import encode_scopes

if TYPE_CHECKING:
    from django.contrib.auth.models import _User  # with the plugin, the project's own
    from django.db.models.expressions import Combinable
    from typing_extensions import Self

    # What can be assigned, and what is read: only mypy's plugin finds that out by itself.
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
# The columns that are as secret as the keys.
DIGESTS = ("digest", "previous_digest", "replaced_digest")


def default_expires_at() -> datetime | None:
    """Return ``TTL`` from now, the expiry of a row that is created without one."""
    ttl = get_settings().TTL
    return None if ttl is None else timezone.now() + ttl


def clean_name(name: str) -> str:
    """A name on one line: no control characters, cut to the column (OWASP ASVS 16.4.1)."""
    printable = "".join(c if c.isprintable() else " " for c in name[: 8 * NAME_LENGTH])
    return " ".join(printable.split())[:NAME_LENGTH].rstrip()


_LOADED = (
    "This token was loaded from the database, which holds only a digest of its key. Create a new "
    "token in place of get_or_create(): token = operations.issue(user); then read token.key. "
    "drf_token_auth.views.LoginView does this for you."
)
_UNSAVED = "This token has no key yet. Save it first: token.save(); then read token.key."


class Kind:
    """Login tokens end with a logout or a password; personal ones are for scripts and CI."""

    LOGIN: Final = "login"
    PERSONAL: Final = "personal"
    values: Final = (LOGIN, PERSONAL)
    choices: Final = ((LOGIN, _("login")), (PERSONAL, _("personal")))


class AbstractToken(models.Model):
    Kind: Final = Kind

    # The eight-byte columns come first: PostgreSQL pads between columns of unlike alignment.
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
    # A key that the previous key replaced by rotating again. It works no more.
    replaced_digest: DigestField = DigestField(null=True, default=None, db_index=True)
    hint: Text = models.CharField(_("hint"), max_length=8, blank=True, default="", editable=False)
    kind: Text = models.CharField(
        _("kind"), max_length=16, choices=Kind.choices, default=Kind.LOGIN
    )
    # NULL is "not bound yet": the next use binds it.
    user_stamp: TextOrNull = models.CharField(  # noqa: DJ001
        max_length=STAMP_LENGTH, null=True, default=None, editable=False
    )
    name: Text = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, default="")
    # NULL is "all the user may do"; an empty list is refused.
    scopes: ScopesField = ScopesField(
        _("scopes"), max_length=SCOPES_LENGTH, null=True, blank=True, default=None
    )

    objects: ClassVar[TokenManager[Self]] = TokenManager()

    class Meta:
        abstract = True
        verbose_name: ClassVar[Any] = _("token")
        verbose_name_plural: ClassVar[Any] = _("tokens")

    # On the instance that made the key only; the database never sees it.
    _key: str | None = None
    # On a row found by a key: the digests that key can be stored under.
    presented_digests: Sequence[bytes] = ()
    # Whether its maker wants the idle timeout as it is, None included.
    is_idle_timeout_chosen: bool = False
    # Who makes it, and the request it is made by: what token_created carries.
    origin: tuple[Any, Any] = (None, None)

    def __str__(self) -> str:
        """Return a label, such as "login token aB3d… of ada". It costs no query."""
        loaded = vars(self)
        user = self._state.fields_cache.get("user")
        return _("%(kind)s token %(hint)s… of %(user)s") % {
            "kind": dict(Kind.choices).get(loaded.get("kind", ""), ""),
            "hint": loaded.get("hint", ""),
            "user": loaded.get("user_id") if user is None else user.get_username(),
        }

    def __getstate__(self) -> dict[str, Any]:
        """For pickle: without key and digests, which are loaded again if they are asked for."""
        state = self._plain_state()
        for name in ("_key", *DIGESTS, "presented_digests", "origin"):
            state.pop(name, None)
        return state

    def __copy__(self) -> Self:
        return self._copied(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Whole, with the key: Django's TestCase hands each test a deep copy of what
        # setUpTestData made.
        return self._copied(lambda value: copy.deepcopy(value, memo))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            if "name" in vars(self):  # not deferred
                self.name = clean_name(self.name)
            elsewhere = kwargs.get("using") not in (None, self._state.db)
            if not (kwargs.get("update_fields") or kwargs.get("force_insert") or elsewhere):
                # Django would INSERT a row that has gone meanwhile: a revoked token's.
                kwargs["force_update"] = True
            super().save(*args, **kwargs)
            return
        self.complete()
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using, savepoint=False):
            super().save(*args, **kwargs)
            self.announce_created(using=using)

    def clean(self) -> None:
        """Refuse a new token that has expired already. Forms call this."""
        super().clean()
        if self._state.adding and self.is_expired():
            raise ValidationError(_("The expiry must be in the future."), code="expired")

    def _plain_state(self) -> dict[str, Any]:
        """By attribute: Django sets what psycopg2 reads from a binary column aside, in a list."""
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
        """A new key, of nobody yet."""
        return keys.generate(get_settings().PREFIX)

    @property
    def created(self) -> datetime:
        """``created_at``, for code written for DRF's token."""
        return self.created_at

    @property
    def key(self) -> str:
        """The key, on the instance that created it.

        :raises KeyNotShown: (an AttributeError) on any other instance.
        """
        if self._key is None:
            raise KeyNotShown(_UNSAVED if self._state.adding else _LOADED)
        return self._key

    @key.setter
    def key(self, key: str | None) -> None:
        if not key and self._state.adding:
            # As with DRF's: save() makes one.
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
        """The scopes as a list; None is all the user may do."""
        return None if self.scopes is None else self.scopes.split()

    def is_expired(self, now: datetime | None = None) -> bool:
        """``now >= expires_at``: the definition that SQL and the purge share."""
        return self.expires_at is not None and (now or timezone.now()) >= self.expires_at

    def knows_as_previous(self, digests: Sequence[bytes], now: datetime) -> bool:
        """Whether one of these is the digest before the last rotation, within its grace."""
        in_grace = self.previous_until is not None and now < self.previous_until
        return in_grace and keys.among(self.previous_digest, digests)

    @property
    def is_password_bound(self) -> bool:
        return self.kind in get_settings().PASSWORD_BOUND

    def complete(self) -> None:
        """Give a new row what every row has. Called by each path that inserts one."""
        if self.kind not in Kind.values:
            raise ValueError(f"A token's kind is one of {Kind.values}; it can't be {self.kind!r}.")
        conf = get_settings()
        now = timezone.now()
        if not self.digest or bytes(self.digest)[0] == keys.UNISSUED:
            self.key = self.generate_key()
        self.name = clean_name(self.name)
        self.scopes = encode_scopes(self.scopes)
        if not hasattr(self.expires_at, "resolve_expression"):
            # A text, say: below it is compared.
            column: Any = self._meta.get_field("expires_at")
            self.expires_at = column.get_prep_value(self.expires_at)
        self.cap_lifetime(now)
        self._start_idle_timeout(now, conf.IDLE_TIMEOUT, never=conf.TTL is not None)
        # Without a user the database says what is wrong.
        if self.user_stamp is None and self.is_password_bound and self.user_id is not None:
            self.user_stamp = verified_stamp(self.user)

    def cap_lifetime(self, now: datetime) -> None:
        """No row is made that lives longer than ``MAX_TTL`` from now."""
        longest = get_settings().MAX_TTL
        if longest is not None:
            latest = now + longest
            self.expires_at = min(self.expires_at or latest, latest)
            self.renewable_until = self.renewable_until and min(self.renewable_until, latest)

    def _start_idle_timeout(self, now: datetime, default: timedelta | None, *, never: bool) -> None:
        """With an idle timeout, the expiry asked for is the cap that uses renew up to.

        A login token that is created with ``expires_at=None`` against a TTL never
        expires, idle or not.
        """
        is_never = self.expires_at is None and never
        if self.idle_timeout is None and self.kind == Kind.LOGIN and not is_never:
            self.idle_timeout = None if self.is_idle_timeout_chosen else default
        if self.idle_timeout is not None and self.renewable_until is None:
            self.renewable_until = self.expires_at
            self.expires_at = self.renewed_until(now)

    def renewed_until(self, now: datetime) -> datetime | None:
        """When the token expires if it is used now, its own idle timeout and cap considered."""
        if self.idle_timeout is None:
            return self.expires_at
        idle_end = now + self.idle_timeout
        return idle_end if self.renewable_until is None else min(idle_end, self.renewable_until)

    def announce_created(self, *, using: str) -> None:
        actor, request = self.origin
        self.announce(signals.token_created, using=using, actor=actor, request=request)

    def announce(self, signal: Signal, *, using: str, **what: Any) -> None:
        """Send the signal once the transaction commits, with the row as it is now and no key."""
        token = copy.copy(self)
        token._key = None
        send = partial(signal.send_robust, sender=type(self), token=token, **what)
        transaction.on_commit(send, using=using, robust=True)

    def revoke(
        self, *, reason: str, actor: Any = None, request: Any = None, using: str | None = None
    ) -> bool:
        """End it at once. False if it had ended already: it was gone, or it has expired.

        What has expired is deleted all the same, and no ``token_revoked`` is sent.
        """
        return self._end(using, reason=reason, actor=actor, request=request)[1]

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """As :meth:`revoke`, for code that deletes a token as it deletes any other row."""
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
        """Delete the row alone, within a transaction.

        How many there were, and whether it ended before its time.
        """
        rows = all_rows(type(self), using).filter(pk=self.pk)
        if rows.usable().delete_silently():
            what = {"reason": reason, "actor": actor, "request": request}
            self.announce(signals.token_revoked, using=using, **what)
            return 1, True
        return rows.delete_silently(), False

    delete.alters_data = True  # type: ignore[attr-defined]
    revoke.alters_data = True  # type: ignore[attr-defined]
