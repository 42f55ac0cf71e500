"""``import_tokens knox`` with version 4 of knox. Version 5 refuses the keys of version 4."""

from __future__ import annotations

import pytest
from knox.auth import TokenAuthentication
from knox.models import AuthToken as Old

from drf_token_auth import get_token_model
from drf_token_auth.authentication import ExpiringTokenAuthentication
from tests.moving_in.crowd import imported, paths, status

urlpatterns = paths(
    old=[TokenAuthentication],
    new=[ExpiringTokenAuthentication],
    new_first=[ExpiringTokenAuthentication, TokenAuthentication],
)
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def test_an_imported_key_works_in_the_same_header(user):
    old, key = Old.objects.create(user)
    assert [status(place, key) for place in ("old", "new", "new_first")] == [200, 401, 200]
    assert imported("knox").startswith("Imported 1 tokens. Already here: 0.")
    assert imported("knox").startswith("Imported 0 tokens. Already here: 1.")
    assert [status(place, key) for place in ("old", "new", "new_first")] == [200, 200, 200]
    old.delete()
    assert [status(place, key) for place in ("new", "new_first")] == [200, 200]
    assert get_token_model().objects.get().hint == key[:4]
