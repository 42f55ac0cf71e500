"""On a cache that can count, parallel attempts over the rate are refused."""

from __future__ import annotations

import os
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings
from rest_framework.test import APIClient

from tests.concurrency.conftest import errors, in_parallel
from tests.conftest import make_user
from tests.lives import log_in, status_of


def hang_up() -> None:
    """Close this thread's connection to Redis. The garbage collector warns about an open one."""
    pools = getattr(getattr(cache, "_cache", None), "_pools", {})
    for pool in pools.values():
        pool.disconnect()


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["redis", "locmem"])
def _counting_cache(request: pytest.FixtureRequest) -> Any:
    name = uuid.uuid4().hex
    backend = {
        "redis": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
            "KEY_PREFIX": name,
        },
        "locmem": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": name,
        },
    }[request.param]
    with override_settings(CACHES={"default": backend}):
        yield
        hang_up()


@pytest.mark.usefixtures("_counting_cache")
class TestFiftyAtALimitOfFive:
    def through(self, call: Any, rate: Any) -> list[int]:
        def five_calls() -> list[int]:
            try:
                return [call() for _ in range(5)]
            finally:
                hang_up()

        with override_settings(DRF_TOKEN_AUTH=rate):
            results = in_parallel(*[five_calls] * 10)
        assert errors(results) == []
        return [status for statuses in results for status in statuses if status != 429]

    @pytest.mark.parametrize("which", ["address", "account"])
    def test_logins_over_the_rate_are_throttled(self, which: str) -> None:
        user = make_user()
        # The rate is per day, so that the window does not end during the test.
        rates = {"address": None, "account": None, which: "5/day"}

        def guess() -> int:
            return int(log_in(user, password="wrong").status_code)

        assert self.through(guess, {"LOGIN_RATES": rates}) == [400] * 5

    def test_refused_keys_over_the_rate_are_throttled(self) -> None:
        def guess() -> int:
            return status_of("dta_" + "x" * 36)

        assert self.through(guess, {"FAILED_KEY_RATE": "5/day"}) == [401] * 5

    def test_revocations_over_the_rate_are_throttled(self) -> None:
        def guess() -> int:
            return int(APIClient().post("/auth/revoke/", {"token": "x"}).status_code)

        rates = {"address": "5/day", "account": None}
        assert self.through(guess, {"LOGIN_RATES": rates}) == [200] * 5
