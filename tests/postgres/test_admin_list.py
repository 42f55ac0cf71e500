"""PostgreSQL reads page 1 of the admin's list from an index."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from drf_token_auth import get_token_model

pytestmark = pytest.mark.django_db


def test_page_1_reads_the_index_of_the_primary_key(user: Any) -> None:
    model = get_token_model()
    model.objects.bulk_create([model(user=user) for _ in range(5000)])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")
    user.is_superuser = user.is_staff = user.is_active = True
    request = RequestFactory().get("/")
    request.user = user
    changelist = admin.site._registry[model].get_changelist_instance(request)
    plan = changelist.queryset.all()[:100].explain()
    assert f"Index Scan Backward using {model._meta.db_table}_pkey" in plan
    assert "Seq Scan on " + model._meta.db_table not in plan
    assert "Sort" not in plan
