"""The output of ``purge_expired_tokens``."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import CASCADE
from django.db.models.signals import post_delete
from django.utils import timezone

from drf_token_auth import get_token_model
from tests import project_models
from tests.project_models import hanging
from tests.purging.test_purging import fill

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def purge(*options: str, to: type[io.StringIO] = io.StringIO) -> str:
    """Run the command. Return what it writes to both streams."""
    output = to()
    call_command("purge_expired_tokens", *options, stdout=output, stderr=output)
    return output.getvalue()


def some_expired(user: Any, count: int = 10) -> None:
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(count)])


def test_a_purge_that_stops_early_says_that_more_is_left(user, monkeypatch):
    some_expired(user)
    clock = iter(range(100))
    monkeypatch.setattr("drf_token_auth.purging.time.monotonic", lambda: float(next(clock)))
    said = purge("--batch-size=4", "--time-limit=2").splitlines()
    assert said == [
        "4 expired tokens deleted.",
        "The time limit was reached, and more tokens are left. Run the command again.",
    ]
    assert purge() == "6 expired tokens deleted.\n"


def test_a_purge_within_its_time_limit_does_not_mention_it(user):
    some_expired(user)
    assert purge("--time-limit=60") == "10 expired tokens deleted.\n"


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--time-limit=0"], ["--unused-for=1d"]])
def test_the_command_is_silent_at_verbosity_0(user, options):
    some_expired(user)
    assert purge("--verbosity=0", *options) == ""


def test_the_command_is_silent_at_verbosity_0_on_a_terminal(user):
    some_expired(user)
    assert purge("--verbosity=0", to=Terminal) == ""
    some_expired(user)
    assert "\r10 deleted" in purge(to=Terminal)


def listen(**kwargs: Any) -> None:
    """Receive every deletion, as search indexes and audit logs do."""


def test_at_verbosity_2_the_command_names_the_receivers_of_deletions(user):
    some_expired(user, 3)
    post_delete.connect(listen)
    try:
        said = purge("--verbosity=2")
    finally:
        post_delete.disconnect(listen)
    line = f"Django reads each row before it deletes it: {__name__}.listen receives post_delete."
    assert line in said
    assert "3 expired tokens deleted." in said
    assert "reads each row" not in purge("--verbosity=2")


@pytest.mark.django_db(transaction=True)
def test_at_verbosity_2_the_command_names_the_models_that_point_at_tokens(user):
    some_expired(user, 3)
    with project_models.note(CASCADE) as model:
        assert f"{model._meta.label} has a foreign key to the token model." in purge(
            "--verbosity=2"
        )
    with hanging("nothing"):
        assert "foreign key" not in purge("--verbosity=2")
    assert not get_token_model().objects.exists()
