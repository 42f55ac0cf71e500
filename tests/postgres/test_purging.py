"""The purge walks by time here, and by count elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from drf_token_auth import operations
from tests.purging.test_purging import fill


@pytest.mark.django_db(transaction=True)
def test_the_walk_by_time_begins_with_one_batch(user):
    """And the next ranges are as wide as that one says."""
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(2000)])
    totals: list[int] = []
    assert operations.purge(batch_size=200, progress=totals.append) == 2000
    assert totals[0] <= 200
    assert len(totals) >= 8
