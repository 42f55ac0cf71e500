"""Limits on guessing: logins by address and by account, refused keys by address.

Counted with the cache's atomic ``add`` and ``incr`` in fixed windows: DRF's own throttles read a
list, then write it back, and let parallel requests through together. The client's address is the
one DRF finds (``NUM_PROXIES`` says how many proxies to trust). The cache holds hashes of account
names and addresses, never a key.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from .conf import get_settings

__all__ = [
    "FailedKeyThrottle",
    "LoginAccountThrottle",
    "LoginAddressThrottle",
    "RevokeThrottle",
]


class CountingThrottle(SimpleRateThrottle):
    """``rate`` requests of an identity in each window of the rate's duration."""

    scope = "drf_token_auth"
    # Set from the rate by DRF; both None where there is none.
    num_requests: int | None
    duration: int | None

    def identity(self, request: Any) -> str | None:
        """Whom to count; None is not counted."""
        return str(self.get_ident(request))

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        identity = self.identity(request)
        if identity is None or self.duration is None:
            return None
        window = int(self.timer() // self.duration)
        name = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        return f"drf_token_auth:{self.scope}:{name}:{window}"

    def allow_request(self, request: Any, view: Any) -> bool:
        return self.count(request) <= (self.num_requests or 0) or self.rate is None

    def count(self, request: Any) -> int:
        """One more; how many there are in this window. 0 where nothing is counted."""
        place = None if self.rate is None else self.get_cache_key(request, None)
        if place is None:
            return 0
        if self.cache.add(place, 1, timeout=self.duration):
            return 1
        try:
            return int(self.cache.incr(place))
        except ValueError:  # the window ended in between
            self.cache.set(place, 1, timeout=self.duration)
            return 1

    def counted(self, request: Any) -> int:
        """How many there are in this window so far."""
        place = None if self.rate is None else self.get_cache_key(request, None)
        return 0 if place is None else int(self.cache.get(place, 0))

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return None if self.duration is None else self.duration - self.timer() % self.duration


class LoginAddressThrottle(CountingThrottle):
    """``LOGIN_RATES["address"]``."""

    scope = "login_address"

    def get_rate(self) -> str | None:
        return get_settings().LOGIN_RATES.get("address")


class LoginAccountThrottle(CountingThrottle):
    """``LOGIN_RATES["account"]``, whether or not there is such an account."""

    scope = "login_account"

    def get_rate(self) -> str | None:
        return get_settings().LOGIN_RATES.get("account")

    def identity(self, request: Any) -> str | None:
        names = ("username", get_user_model().USERNAME_FIELD)
        data = request.data if hasattr(request.data, "get") else {}
        account = next((data.get(name) for name in names if data.get(name)), None)
        if isinstance(account, bool) or not isinstance(account, (str, int, float)):
            return None
        # As the serializer and the loosest of collations would read it.
        letters = unicodedata.normalize("NFKD", str(account).strip().casefold())
        return "".join(letter for letter in letters if not unicodedata.combining(letter))


class RevokeThrottle(LoginAddressThrottle):
    """The revocation endpoint, which anyone may call: as many as logins, counted apart."""

    scope = "revoke_address"


class FailedKeyThrottle(CountingThrottle):
    """``FAILED_KEY_RATE``: DRF's throttles never see a request whose authentication failed."""

    scope = "failed_key"

    def get_rate(self) -> str | None:
        return get_settings().FAILED_KEY_RATE

    def refuse_if_exceeded(self, count: int, *, limit_included: bool) -> None:
        limit = self.num_requests or 0
        if count > limit or (limit_included and count == limit):
            raise Throttled(self.wait())

    def before(self, request: Any) -> None:
        """Raise Throttled for an address that has used up its failures."""
        self.refuse_if_exceeded(self.counted(request), limit_included=True)

    def after_failure(self, request: Any) -> None:
        """Count a failure; of many in parallel, those beyond the rate are told to wait."""
        self.refuse_if_exceeded(self.count(request), limit_included=False)
