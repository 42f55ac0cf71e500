from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.importing import table


@pytest.fixture(scope="module")
def old_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), table():
        yield
