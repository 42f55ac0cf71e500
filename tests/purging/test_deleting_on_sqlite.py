"""On SQLite, another connection renews a row while the purge runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects_on_disk import Project

# Two connections need a file, because the tests' own database is in memory.
RENEWED_MEANWHILE = """
import itertools, json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.signals import post_delete
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.conftest import make_user

call_command("migrate", verbosity=0)
Token = get_token_model()
user, pool = make_user(), ThreadPoolExecutor(1)
if {receiver}:
    post_delete.connect(lambda **kwargs: None, sender=Token, weak=False)

def renew():
    later = timezone.now() + timedelta(days=1)
    try:
        return Token.objects.filter(pk=token.pk).update(expires_at=later)
    except OperationalError:
        return 0

said = []
for number in itertools.count():
    token = Token.objects.create(user=user)
    Token.objects.update(expires_at=timezone.now())
    seen, renewed = itertools.count(), []

    def interfere(execute, *what):
        if next(seen) == number:
            renewed.append(pool.submit(renew).result())
        return execute(*what)

    with connection.execute_wrapper(interfere):
        operations.purge()
    if not renewed:
        break
    said.append([renewed[0], Token.objects.filter(pk=token.pk).count()])
    Token.objects.all().delete_silently()
print(json.dumps(said))
"""


@pytest.mark.parametrize("receiver", [True, False])
def test_on_sqlite_a_row_that_was_renewed_meanwhile_stays(tmp_path: Path, receiver: bool) -> None:
    impatient = "DATABASES['default']['OPTIONS'] = {'timeout': 0.05}"
    project = Project(tmp_path, "base", impatient)
    said = project.python(RENEWED_MEANWHILE.format(receiver=receiver))
    assert [1, 1] in said
    assert [renewed for renewed, _ in said] == [rows for _, rows in said]
