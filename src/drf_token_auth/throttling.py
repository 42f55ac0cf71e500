"""Limit guessing: count logins by address and by account, and refused keys by address.

The throttles count in fixed windows with the cache's atomic ``add`` and ``incr``. DRF's own
throttles read a list and write it back, so parallel requests can all pass. The client's address is
the one that DRF finds. Set ``NUM_PROXIES`` to the number of proxies to trust. The cache holds
hashes of accounts and addresses, but never a key.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connections, router
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.throttling import SimpleRateThrottle

from .conf import get_settings
from .logins.account_name import account_name, find_account
from .logins.network import client_network

__all__ = [
    "FailedKeyThrottle",
    "LoginAccountThrottle",
    "LoginAddressThrottle",
    "RevokeThrottle",
]

logger = logging.getLogger("drf_token_auth")


class CountingThrottle(SimpleRateThrottle):
    """Allow ``rate`` requests of one identity in each window of the rate's duration."""

    scope = "drf_token_auth"
    # DRF sets both from the rate. Without a rate, both are None and nothing is counted.
    num_requests: int | None
    duration: int  # in seconds

    def identities(self, request: Any, view: Any) -> Iterable[str]:
        """Return the identities of the request, as texts. The request counts for each of them."""
        network = client_network(self.get_ident(request))
        return [network] if network else []

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count a POST. Return False if the window already has as many as the rate allows."""
        # A GET or OPTIONS tries no password and no key.
        if request.method != "POST" or self.num_requests is None:
            return True
        return self.count(request, view) <= self.num_requests

    def count(self, request: Any, view: Any = None, *, add: bool = True) -> int:
        """Return how many requests this window has. If ``add``, count this one too.

        :returns: the highest count among the identities, or 0 if the request cannot be counted. So
            if the cache is down, users can still log in.
        """
        highest = 0
        identities = self.identities(request, view)
        try:
            for one in identities:
                highest = max(highest, self._count(one, add=add))
                # A refused request must not count for the next identity too. Otherwise, fewer
                # parallel requests would pass than the rate allows.
                if highest > (self.num_requests or 0):
                    break
        except Exception as error:  # noqa: BLE001 -- each cache backend has errors of its own
            # Do not ask the cache again. An account that exists has one identity more, so the time
            # that a cache hangs would tell which accounts exist.
            logger.warning(
                "The cache does not answer (%s), so the limit %s is not enforced. Check CACHES.",
                type(error).__name__,
                self.scope,
            )
        return highest

    def _count(self, identity: str, *, add: bool) -> int:
        window = int(self.timer() // self.duration)
        name = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        place = f"drf_token_auth:{self.scope}:{name}:{window}"
        if not add:
            return int(self.cache.get(place, 0))
        if self.cache.add(place, 1, timeout=self.duration):
            return 1
        return int(self._one_more(place))

    def _one_more(self, place: str) -> Any:
        try:
            return self.cache.incr(place)
        except ValueError:  # The cache has dropped the entry since add().
            self.cache.set(place, 1, timeout=self.duration)
            return 1

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return self.duration - self.timer() % self.duration


def cache_answers(throttle: Any) -> bool:
    """Return whether the cache of this throttle answers."""
    place = getattr(throttle, "cache", cache)
    try:
        place.get("drf_token_auth:answers")
    except Exception:  # noqa: BLE001 -- each cache backend has errors of its own
        return False
    return True


class LoginAddressThrottle(CountingThrottle):
    """Limit logins from one address to ``LOGIN_RATES["address"]`` (OWASP ASVS 6.3.1)."""

    scope = "login_address"

    def get_rate(self) -> str | None:
        return get_settings().LOGIN_RATES.get("address")


class LoginAccountThrottle(CountingThrottle):
    """Limit logins to one account to ``LOGIN_RATES["account"]``, even if no such account exists.

    All spellings of a name that the database treats as the same account share one count. Spellings
    that differ only in their case also share a count, even without an account. So the limit does
    not tell which accounts exist (OWASP ASVS 6.3.1 and 6.3.8).
    """

    scope = "login_account"
    # Whether the name may also be an e-mail address: see find_account().
    takes_emails = False

    def get_rate(self) -> str | None:
        return get_settings().LOGIN_RATES.get("account")

    def names(self, request: Any, view: Any) -> Iterable[str | None]:
        """Return the names that the login has. A subclass may return an e-mail address too."""
        read_name = getattr(view, "get_account_name", None)
        return [read_name(request) if read_name else account_name(request.data)]

    def identities(self, request: Any, view: Any) -> Iterable[str]:
        names = [name for name in self.names(request, view) if name]
        found = [find_account(name, takes_emails=self.takes_emails) for name in names]
        counted = [f"name {name.casefold()}" for name in names]
        counted += [f"account {user.pk}" for user in found if user is not None]
        place = _place_of_users() if counted else ""
        return dict.fromkeys(f"{place} {one}" for one in counted)


def _place_of_users() -> str:
    """Return a text that differs for each table of users: the alias of its database.

    With django-tenants, each tenant may have its own table of users in its schema. So add the id
    that PostgreSQL gives to the table.
    """
    model = get_user_model()
    using = router.db_for_write(model)
    connection = connections[using]
    if not hasattr(connection, "schema_name"):
        return using
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT %s::regclass::oid", [table])
        return f"{using} {cursor.fetchone()[0]}"


class RevokeThrottle(LoginAddressThrottle):
    """Limit requests to ``revoke/`` to ``LOGIN_RATES["address"]``. Count them apart from logins."""

    scope = "revoke_address"


class FailedKeyThrottle(CountingThrottle):
    """Limit refused keys from one address to ``FAILED_KEY_RATE``.

    The authenticator calls it, because DRF's throttles never see a request whose authentication
    failed.
    """

    scope = "failed_key"

    def get_rate(self) -> str | None:
        return get_settings().FAILED_KEY_RATE

    def require(self, count: int) -> None:
        """Refuse the request if ``count`` is more than the rate allows.

        :raises Throttled: 429, with the seconds until the window ends.
        """
        if count > (self.num_requests or 0):
            raise Throttled(self.wait())


@contextmanager
def counting_refused_keys(request: Any) -> Iterator[None]:
    """Wrap the check of a key, and count refusals. Without ``FAILED_KEY_RATE``, count nothing.

    :raises Throttled: the address has reached the rate.
    """
    if get_settings().FAILED_KEY_RATE is None:
        yield
        return
    throttle = FailedKeyThrottle()
    throttle.require(throttle.count(request, add=False) + 1)
    try:
        yield
    except AuthenticationFailed:
        # Check the rate again, because parallel requests may all have passed the first check.
        throttle.require(throttle.count(request))
        raise
