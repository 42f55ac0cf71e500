"""The arguments, the output and the exit status of the commands."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.exceptions import PasswordChanged
from drf_token_auth.management.commands import find_leaked_tokens
from drf_token_auth.management.times import duration, moment
from tests.conftest import make_user
from tests.lives import MICROSECOND, at, listening
from tests.queries import queries
from tests.rows import store

Token = get_token_model()
FIELD = get_user_model().USERNAME_FIELD
DAY = timedelta(days=1)
PEPPERS = {1: "one " * 10, 2: "two " * 10, 3: "three " * 10}

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def run(*typed: Any, **options: Any) -> str:
    """Run the command. Return its standard output."""
    out = io.StringIO()
    call_command(*map(str, typed), **options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(*typed: Any, **options: Any) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(*typed, **options)
    return caught.value


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let standard input have this text."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def closed() -> io.StringIO:
    stream = io.StringIO("y\n")
    stream.close()
    return stream


def fill(user: Any, count: int = 1, **fields: Any) -> list[Any]:
    """Store tokens without a limit and without signals."""
    fields.setdefault("expires_at", None)
    return store(Token(user=user, **fields) for _ in range(count))


def left() -> set[Any]:
    return set(Token.objects.all())


COMMANDS = [
    ["create_token", "ada"],
    ["purge_expired_tokens"],
    ["revoke_tokens", "--all", "--no-input"],
    ["token_stats"],
    ["find_leaked_tokens", "-"],
]


@pytest.mark.parametrize("typed", COMMANDS, ids=lambda typed: typed[0])
def test_an_unknown_database_is_refused(typed: list[str]) -> None:
    error = refused(*typed, "--database", "nowhere")
    assert "--database" in str(error)
    assert "nowhere" in str(error)


class NowhereRouter:
    """A router that names a database that does not exist."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "nowhere"

    db_for_write = db_for_read


def test_commands_use_the_given_database(user: Any) -> None:
    """Each query goes to the given database. The database of the router does not exist."""
    named = ["--database", "default"]
    old = timezone.now() - 300 * DAY
    with override_settings(DATABASE_ROUTERS=["tests.management.test_commands.NowhereRouter"]):
        key = run("create_token", user.get_username(), *named)
        assert "1  tokens" in run("token_stats", *named)
        typed = ["find_leaked_tokens", "-", "--revoke", "--no-input", *named]
        assert refused(*typed, stdin=Input(key)).returncode == 1
        assert not Token.objects.using("default").exists()
        store([Token(user_id=user.pk, created_at=old)], using="default")
        out = run("purge_expired_tokens", "--unused-for", "180d", *named)
        assert out == "1 expired or unused token deleted.\n"
        store((Token(user_id=user.pk) for _ in range(2)), using="default")
        assert revoke("--user", user.get_username(), *named) == "Revoked 2 tokens.\n"
        assert not Token.objects.using("default").exists()


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("0s", timedelta(0)),
            ("45s", timedelta(seconds=45)),
            ("1h30m", timedelta(minutes=90)),
            ("2w1d", timedelta(days=15)),
            ("365000d", timedelta(days=365_000)),
        ],
    )
    def test_a_duration_is_read(self, text: str, meant: timedelta) -> None:
        assert duration(text) == meant

    @pytest.mark.parametrize(
        "text",
        ["", "5", "d", "1.5d", "-1d", "1 d", "1d ", "365001d", "9" * 20 + "w", "9" * 5000 + "d"],
    )
    def test_text_that_is_no_duration_is_refused(self, text: str) -> None:
        error = refused("purge_expired_tokens", f"--older-than={text}")
        assert "is not a duration such as 90d" in str(error)


class TestFromCode:
    """``call_command`` passes options on without converting them."""

    @pytest.mark.parametrize("ttl", ["90d", 90 * DAY])
    def test_create_token_takes_text_or_a_timedelta(self, user: Any, ttl: Any) -> None:
        now = timezone.now()
        with at(now):
            run("create_token", user.get_username(), ttl=ttl)
        assert Token.objects.get().expires_at == now + 90 * DAY

    @pytest.mark.parametrize("week", ["1w", 7 * DAY])
    def test_purge_expired_tokens_takes_text_or_a_timedelta(self, user: Any, week: Any) -> None:
        now = timezone.now()
        fill(user, expires_at=now - 8 * DAY)
        fill(user, expires_at=now - 6 * DAY)
        kept = fill(user)
        assert run("purge_expired_tokens", older_than=week) == "1 expired token deleted.\n"
        fill(user, created_at=now - 8 * DAY)
        out = run("purge_expired_tokens", unused_for=week)
        assert out == "2 expired or unused tokens deleted.\n"
        assert left() == set(kept)

    @pytest.mark.parametrize("day", ["1d", DAY])
    def test_revoke_tokens_takes_text_or_a_timedelta(self, user: Any, day: Any) -> None:
        fill(user, created_at=timezone.now() - 2 * DAY)
        kept = fill(user)
        assert run("revoke_tokens", unused_for=day, interactive=False) == "Revoked 1 token.\n"
        assert left() == set(kept)

    @pytest.mark.parametrize(
        ("typed", "option"),
        [
            (["create_token", "ada@example.com"], "ttl"),
            (["purge_expired_tokens"], "older_than"),
            (["purge_expired_tokens"], "unused_for"),
            (["revoke_tokens", "--no-input"], "unused_for"),
        ],
    )
    def test_a_wrong_duration_is_refused_and_changes_nothing(
        self, user: Any, typed: list[str], option: str
    ) -> None:
        fill(user, created_at=timezone.now() - 2 * DAY)
        fill(user, expires_at=timezone.now())
        error = refused(*typed, **{option: "7 days"})
        assert str(error) == (
            "'7 days' is not a duration such as 90d, 12h or 1h30m. Did you mean 7d?"
        )
        assert len(left()) == 2

    def test_a_lifetime_of_zero_is_refused(self, user: Any) -> None:
        error = refused("create_token", user.get_username(), ttl="0s")
        assert str(error) == "--ttl must be longer than 0s, such as 90d or 12h."


class TestMoments:
    def test_a_date_is_its_first_moment_in_the_local_time_zone(self) -> None:
        first = moment("2026-03-01")
        assert timezone.is_aware(first) is settings.USE_TZ
        here = timezone.localtime(first) if settings.USE_TZ else first
        assert here.replace(tzinfo=None) == datetime(2026, 3, 1)
        assert moment("2026-03-01T00:00") == moment("2026-03-01 00:00:00") == first

    def test_the_utc_offset_of_a_time_is_used(self) -> None:
        assert moment("2026-03-01T09:00:00+09:00") == moment("2026-03-01T00:00:00Z")
        assert moment("2026-03-01T00:00:00+01:00") < moment("2026-03-01T00:00:00Z")

    @pytest.mark.parametrize(
        "text",
        ["", "yesterday", "2026-02-30", "2026-13-01T00:00", "25:00", "0001-01-01T00:00+14:00"],
    )
    def test_text_that_is_no_date_or_time_is_refused(self, text: str) -> None:
        error = refused("revoke_tokens", f"--created-before={text}", "--no-input")
        assert "is not a date or time such as" in str(error)


class TestCreateToken:
    def test_prints_only_the_key(self, user: Any) -> None:
        out = run("create_token", user.get_username(), "--name", "nightly\njob")
        assert out.endswith("\n")
        token = Token.objects.from_key(out[:-1])
        assert token is not None
        assert (token.user, token.kind, token.name) == (user, "personal", "nightly job")
        assert token.scopes is None

    def test_kind_and_scopes_are_stored(self, user: Any) -> None:
        with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "", "write": ""}}):
            run("create_token", user.get_username(), "--kind", "login", "--scopes", "write", "read")
        token = Token.objects.get()
        assert (token.kind, token.scope_list) == ("login", ["read", "write"])

    @pytest.mark.parametrize("typed", [["--scopes", "read write"], ["--scopes", " write ", "read"]])
    def test_scopes_may_be_separated_by_spaces(self, user: Any, typed: list[str]) -> None:
        with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "", "write": ""}}):
            run("create_token", user.get_username(), *typed)
            run("create_token", user.get_username(), scopes="read write")
            run("create_token", user.get_username(), scopes=["read", "write"])
        assert [one.scope_list for one in Token.objects.all()] == [["read", "write"]] * 3

    @pytest.mark.parametrize(
        ("typed", "lifetime"),
        [([], 90 * DAY), (["--ttl", "1h30m"], timedelta(minutes=90)), (["--never"], None)],
    )
    def test_the_lifetime_is_the_default_or_the_given_one(
        self, user: Any, typed: list[str], lifetime: timedelta | None
    ) -> None:
        now = timezone.now()
        with at(now):
            run("create_token", user.get_username(), *typed)
        assert Token.objects.get().expires_at == (lifetime and now + lifetime)

    def test_max_ttl_shortens_the_lifetime(self, user: Any) -> None:
        now = timezone.now()
        with override_settings(DRF_TOKEN_AUTH={"MAX_TTL": DAY}), at(now):
            run("create_token", user.get_username(), "--never")
        assert Token.objects.get().expires_at == now + DAY

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            (["--scopes", "fly"], "SCOPES does not declare: fly. Write DRF_TOKEN_AUTH"),
            (["--scopes", ""], "The list of scopes is empty."),
            (["--kind", "master"], "--kind"),
            (["--ttl", "soon"], "is not a duration"),
            (["--ttl", "0s"], "longer than 0s"),
            (["--ttl", "1d", "--never"], "not allowed with"),
        ],
    )
    def test_bad_input_creates_no_token(self, user: Any, typed: list[str], why: str) -> None:
        assert why in str(refused("create_token", user.get_username(), *typed))
        assert not left()

    def test_a_user_who_does_not_exist_is_an_error(self, db: None) -> None:
        error = refused("create_token", "nobody")
        assert str(error) == f"There is no user whose {FIELD} is 'nobody'."
        assert error.returncode == 1

    def test_a_user_at_the_limit_gets_no_token(self, user: Any) -> None:
        with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}):
            run("create_token", user.get_username())
            assert "allows a user 1 usable token" in str(
                refused("create_token", user.get_username())
            )
        assert len(left()) == 1

    def test_a_user_who_is_changed_meanwhile_is_an_error(self, user: Any, monkeypatch: Any) -> None:
        def changed(*args: Any, **kwargs: Any) -> Any:
            raise PasswordChanged

        monkeypatch.setattr(operations, "issue", changed)
        said = str(refused("create_token", user.get_username()))
        assert said == "The user was changed meanwhile. Run the command again."


class TestPurgeExpiredTokens:
    def test_only_expired_tokens_are_deleted_and_counted(self, user: Any) -> None:
        fill(user, 3, expires_at=timezone.now())
        kept = fill(user)
        assert run("purge_expired_tokens") == "3 expired tokens deleted.\n"
        assert run("purge_expired_tokens") == "0 expired tokens deleted.\n"
        assert left() == set(kept)

    def test_a_dry_run_deletes_nothing(self, user: Any) -> None:
        fill(user, expires_at=timezone.now())
        fill(user, created_at=timezone.now() - 200 * DAY)
        out = run("purge_expired_tokens", "--dry-run", "--unused-for", "180d")
        assert out == "2 expired or unused tokens would be deleted.\n"
        assert len(left()) == 2

    @pytest.mark.parametrize(
        "typed", [["purge_expired_tokens"], ["revoke_tokens", "--no-input"]], ids=lambda one: one[0]
    )
    @override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None})
    def test_unused_for_is_refused_if_no_use_is_recorded(self, user: Any, typed: list[str]) -> None:
        [token] = fill(user, created_at=timezone.now() - 200 * DAY)
        with pytest.raises(CommandError, match="LAST_USED_INTERVAL is None"):
            run(*typed, "--unused-for", "180d")
        assert left() == {token}

    def test_unused_for_may_be_0s(self, user: Any) -> None:
        fill(user)
        typed = ["purge_expired_tokens", "--unused-for", "0s"]
        assert run(*typed, "--dry-run") == "1 expired or unused token would be deleted.\n"
        assert run(*typed) == "1 expired or unused token deleted.\n"

    def test_options_reach_the_purge(self, user: Any) -> None:
        now = timezone.now()
        fill(user, expires_at=now - 8 * DAY)
        fill(user, expires_at=now - 6 * DAY)
        typed = ["--older-than", "7d", "--batch-size", "1", "--sleep", "0", "--time-limit", "60"]
        assert run("purge_expired_tokens", *typed) == "1 expired token deleted.\n"
        assert run("purge_expired_tokens", "--time-limit", "0").startswith("0 expired")

    @pytest.mark.parametrize(
        "typed",
        [["--batch-size", "0"], ["--sleep", "-1"], ["--time-limit", "-1"], ["--batch-size", "x"]],
    )
    def test_bad_input_deletes_nothing(self, user: Any, typed: list[str]) -> None:
        fill(user, expires_at=timezone.now())
        assert typed[0] in str(refused("purge_expired_tokens", *typed))
        assert len(left()) == 1

    def test_progress_is_for_terminals(self, user: Any) -> None:
        for error, said in [(Terminal(), "\r2 deleted"), (io.StringIO(), "")]:
            fill(user, 2, expires_at=timezone.now())
            call_command("purge_expired_tokens", stdout=io.StringIO(), stderr=error)
            assert error.getvalue().startswith(said)
            assert bool(error.getvalue()) is bool(said)


def revoke(*typed: Any) -> str:
    return run("revoke_tokens", *typed, "--no-input")


class TestRevokeTokens:
    def test_all_revokes_the_tokens_of_all_users(self, user: Any, other_user: Any) -> None:
        fill(user, 3)
        fill(other_user, 2, kind="personal")
        assert revoke("--all") == "Revoked 5 tokens.\n"
        assert not left()

    def test_nothing_to_do_is_not_an_error(self, db: None) -> None:
        assert revoke("--all") == "Revoked 0 tokens.\n"

    def test_the_option_user_revokes_only_the_tokens_of_this_user(
        self, user: Any, other_user: Any
    ) -> None:
        fill(user, 2)
        kept = fill(other_user)
        assert revoke("--user", user.get_username()) == "Revoked 2 tokens.\n"
        assert left() == set(kept)

    def test_each_token_sends_a_signal_with_the_reason(
        self, user: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        tokens = fill(user, 3)
        with listening() as heard, django_capture_on_commit_callbacks(execute=True):
            revoke("--all")
        assert [(one.what, one.reason, one.actor, one.request) for one in heard] == [
            ("revoked", "command", None, None)
        ] * 3
        assert [one.token.pk for one in heard] == [token.pk for token in tokens]

    def test_the_next_request_is_refused(self, user: Any) -> None:
        key = operations.issue(user).key
        revoke("--all")
        assert Token.objects.from_key(key) is None

    def test_expired_tokens_are_not_counted(self, user: Any) -> None:
        now = timezone.now()
        fill(user, expires_at=now)
        fill(user, expires_at=now + MICROSECOND)
        with at(now):
            assert revoke("--all") == "Revoked 1 token.\n"
        assert len(left()) == 1

    def test_kind_selects_the_tokens_of_one_kind(self, user: Any) -> None:
        kept = fill(user, kind="personal")
        fill(user, kind="login")
        assert revoke("--kind", "login") == "Revoked 1 token.\n"
        assert left() == set(kept)

    @pytest.mark.parametrize(("gap", "goes"), [(-1, True), (0, False), (1, False)])
    def test_created_before_excludes_the_moment_itself(
        self, user: Any, gap: int, goes: bool
    ) -> None:
        fill(user, created_at=moment("2026-03-01T12:00:00Z") + gap * MICROSECOND)
        revoke("--created-before", "2026-03-01T12:00:00Z")
        assert bool(left()) is not goes

    @pytest.mark.parametrize(("gap", "goes"), [(-1, True), (0, True), (1, False)])
    @pytest.mark.parametrize("was_used", [True, False])
    def test_unused_for_includes_the_moment_itself(
        self, user: Any, gap: int, goes: bool, was_used: bool
    ) -> None:
        now = timezone.now()
        last = now - 180 * DAY + gap * MICROSECOND
        if was_used:
            fill(user, last_used_at=last, created_at=now - 400 * DAY)
        else:
            fill(user, created_at=last)
        with at(now):
            revoke("--unused-for", "180d")
        assert bool(left()) is not goes

    @pytest.mark.parametrize(
        ("scopes", "name", "goes"),
        [
            ("read", "read", True),
            ("read write", "read", True),
            ("admin read", "read", True),
            ("admin read write", "read", True),
            (None, "read", False),
            ("reader", "read", False),
            ("bread", "read", False),
            ("pre read-all", "read", False),
            ("Read", "read", False),
            ("admin READ write", "read", False),
            ("read", "READ", False),
            ("a_b", "a%b", False),
            ("axb", "a_b", False),
            ("a_b", "a_b", True),
            ("x a%b y", "a%b", True),
            ("orders:read", "orders", False),
            ("a'b", "a'b", True),
        ],
    )
    def test_scope_is_a_whole_name(
        self, user: Any, scopes: str | None, name: str, goes: bool
    ) -> None:
        fill(user, scopes=scopes)
        revoke("--scope", name)
        assert bool(left()) is not goes

    def test_tokens_with_an_undeclared_scope_are_revoked(self, user: Any) -> None:
        with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"legacy": ""}}):
            operations.issue(user, scopes="legacy")
        assert revoke("--scope", "legacy") == "Revoked 1 token.\n"

    @pytest.mark.parametrize("name", ["", " ", "a b", "read ", "a\0b"])
    def test_a_wrong_name_of_a_scope_is_refused(self, user: Any, name: str) -> None:
        fill(user, scopes="a b")
        assert "is not the name of a scope" in str(refused("revoke_tokens", f"--scope={name}"))
        assert left()

    def test_options_narrow_each_other(self, user: Any, other_user: Any) -> None:
        wanted: dict[str, Any] = {
            "kind": "personal",
            "created_at": moment("2025-01-01"),
            "scopes": "read",
        }
        fill(user, **wanted)
        kept = [
            *fill(other_user, **wanted),
            *fill(user, **{**wanted, "kind": "login"}),
            *fill(user, **{**wanted, "created_at": timezone.now()}),
            *fill(user, **wanted, last_used_at=timezone.now()),
            *fill(user, **{**wanted, "scopes": "write"}),
            *fill(user, **wanted, expires_at=timezone.now()),
        ]
        typed = ["--user", user.get_username(), "--kind", "personal", "--scope", "read"]
        typed += ["--created-before", "2025-06-01", "--unused-for", "30d"]
        assert run("revoke_tokens", *typed, "--dry-run") == "Would revoke 1 token.\n"
        assert revoke(*typed) == "Revoked 1 token.\n"
        assert left() == set(kept)

    def test_all_can_be_narrowed_to_a_kind(self, user: Any) -> None:
        fill(user, kind="personal")
        assert revoke("--all", "--kind", "login") == "Revoked 0 tokens.\n"

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ([], "or --all"),
            (["--dry-run"], "or --all"),
            (["--user", "nobody"], f"There is no user whose {FIELD} is 'nobody'."),
            (["--user", ""], "There is no user whose"),
            (["--user", "ada", "--all"], "not allowed with"),
            (["--kind", "master"], "--kind"),
            (["--unused-for", "long"], "is not a duration"),
            (["--created-before", "once"], "is not a date"),
        ],
    )
    def test_bad_input_revokes_nothing(self, user: Any, typed: list[str], why: str) -> None:
        fill(user)
        error = refused("revoke_tokens", *typed, "--no-input")
        assert why in str(error)
        assert left()

    @pytest.mark.parametrize("typed", ["y\n", "Y\n", "yes\n", " YES \n"])
    def test_the_answer_yes_revokes(
        self, user: Any, typed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(user, 2)
        error = io.StringIO()
        out = io.StringIO()
        types(monkeypatch, typed)
        call_command("revoke_tokens", "--all", stdout=out, stderr=error)
        assert error.getvalue() == "Revoke 2 tokens? [y/N] "
        assert out.getvalue() == "Revoked 2 tokens.\n"
        assert not left()

    @pytest.mark.parametrize("typed", ["n\n", "\n", "yup\n", "no, y\n"])
    def test_any_other_answer_revokes_nothing(
        self, user: Any, typed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(user)
        types(monkeypatch, typed)
        error = refused("revoke_tokens", "--all")
        assert str(error) == "The answer was not yes, so nothing was revoked."
        assert left()

    @pytest.mark.parametrize(("answer", "goes"), [("y", True), ("n", False)])
    def test_a_mocked_input_answers_the_question(self, user: Any, answer: str, goes: bool) -> None:
        """Tests of projects answer the questions of Django's commands in this way."""
        fill(user)

        def type_it(prompt: str) -> str:
            return answer

        with mock.patch("builtins.input", type_it):
            if goes:
                run("revoke_tokens", "--all")
            else:
                refused("revoke_tokens", "--all")
        assert bool(left()) is not goes

    @pytest.mark.parametrize(
        "stdin", [io.StringIO(), None, closed()], ids=["ended", "none", "closed"]
    )
    def test_without_an_answer_nothing_is_revoked(
        self, user: Any, stdin: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(user)
        monkeypatch.setattr(sys, "stdin", stdin)
        said = str(refused("revoke_tokens", "--all"))
        assert said == (
            "The question got no answer, so nothing was revoked. "
            "Add --no-input to revoke without the question."
        )
        assert left()

    def test_without_tokens_there_is_no_question(self, user: Any) -> None:
        assert run("revoke_tokens", "--all") == "Revoked 0 tokens.\n"

    def test_a_dry_run_does_not_ask(self, user: Any) -> None:
        fill(user, 2)
        assert run("revoke_tokens", "--all", "--dry-run") == "Would revoke 2 tokens.\n"
        assert len(left()) == 2

    def test_progress_is_for_terminals(self, user: Any) -> None:
        for error, verbosity, said in [
            (Terminal(), 1, True),
            (Terminal(), 0, False),
            (io.StringIO(), 1, False),
        ]:
            fill(user, 2)
            call_command(
                "revoke_tokens",
                "--all",
                "--no-input",
                verbosity=verbosity,
                stdout=io.StringIO(),
                stderr=error,
            )
            assert ("\rRevoked 2" in error.getvalue()) is said

    def test_tokens_are_revoked_in_batches_by_user(self, user: Any, other_user: Any) -> None:
        from drf_token_auth.rows.revocation import revoke_in_batches

        for person in [user, other_user, user]:
            fill(person, 3)
        kept = fill(user, kind="personal")
        totals: list[int] = []
        tokens = Token.objects.filter(kind="login")
        assert (
            revoke_in_batches(tokens, reason="command", batch_size=4, progress=totals.append) == 9
        )
        # The first 4 rows are 3 of ada and 1 of bob. The next 4 are 2 of bob and 2 of ada. The last
        # row is of ada.
        assert totals == [3, 4, 6, 8, 9]
        assert left() == set(kept)

    def test_an_interrupted_command_keeps_its_work(self, user: Any, other_user: Any) -> None:
        from drf_token_auth.rows.revocation import revoke_in_batches

        fill(user, 2)
        kept = fill(other_user, 2)

        def stop(total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            revoke_in_batches(Token.objects.all(), reason="command", progress=stop)
        assert left() == set(kept)

    def test_tokens_created_meanwhile_are_not_revoked(self, user: Any) -> None:
        from drf_token_auth.rows.revocation import revoke_in_batches

        fill(user, 4)

        def go_on(total: int) -> None:
            assert total <= 4
            fill(user)

        tokens = Token.objects.all()
        assert revoke_in_batches(tokens, reason="command", batch_size=1, progress=go_on) == 4

    def test_tokens_used_meanwhile_are_checked_again(self, user: Any) -> None:
        from drf_token_auth.rows.revocation import revoke_in_batches

        first = fill(user, created_at=timezone.now() - 300 * DAY)
        other = make_user("zoe")
        second = fill(other, created_at=timezone.now() - 300 * DAY)

        def use(total: int) -> None:
            Token.objects.filter(pk=second[0].pk).update(last_used_at=timezone.now())

        tokens = Token.objects.filter(last_used_at__isnull=True)
        assert revoke_in_batches(tokens, reason="command", progress=use) == 1
        assert left() == set(second)
        assert first[0] not in left()


def stats() -> Any:
    return json.loads(run("token_stats", "--format", "json"))


class TestTokenStats:
    def test_an_empty_table_has_zeros(self, db: None) -> None:
        assert stats() == {
            "total": 0,
            "usable": 0,
            "expired": 0,
            "never_expiring": 0,
            "never_used": 0,
            "unused_90_days": 0,
            "inactive_users": 0,
            "usable_by_kind": {"login": 0, "personal": 0},
            "digests": [{"version": 0, "tokens": 0, "state": "new_keys"}],
        }

    def test_tokens_of_each_state_are_counted(self, user: Any, other_user: Any) -> None:
        now = timezone.now()
        other_user.is_active = False
        other_user.save()
        with at(now):
            fill(user, expires_at=now, created_at=now - 300 * DAY)
            fill(user, 2, expires_at=now + MICROSECOND, last_used_at=now)
            fill(user, kind="personal", created_at=now - 90 * DAY)
            fill(user, kind="personal", created_at=now - 90 * DAY + MICROSECOND)
            fill(user, last_used_at=now - 91 * DAY)
            fill(other_user, last_used_at=now)
            fill(other_user, expires_at=now)
            found = stats()
        found.pop("digests")
        assert found == {
            "total": 8,
            "usable": 6,
            "expired": 2,
            "never_expiring": 4,
            "never_used": 2,
            "unused_90_days": 2,
            "inactive_users": 1,
            "usable_by_kind": {"login": 4, "personal": 2},
        }

    def test_the_tokens_under_each_pepper_are_counted(self, user: Any) -> None:
        def issue(peppers: dict[int, str], count: int = 1) -> None:
            used = max(peppers, default=None)
            with override_settings(DRF_TOKEN_AUTH={"PEPPERS": peppers, "PEPPER": used}):
                for _ in range(count):
                    operations.issue(user)

        issue({}, 2)
        issue({1: PEPPERS[1]}, 3)
        issue({7: PEPPERS[2]})
        Token(user=user, digest=keys.knox_digest("00")).save()
        now_set = {1: PEPPERS[1], 2: PEPPERS[2], 3: PEPPERS[3]}
        with override_settings(DRF_TOKEN_AUTH={"PEPPERS": now_set, "PEPPER": 3}):
            found = stats()["digests"]
            text = run("token_stats")
        assert found == [
            {"version": 0, "tokens": 2, "state": "in_use"},
            {"version": 1, "tokens": 3, "state": "in_use"},
            {"version": 2, "tokens": 0, "state": "removable"},
            {"version": 3, "tokens": 0, "state": "new_keys"},
            {"version": 7, "tokens": 1, "state": "missing"},
            {"version": 255, "tokens": 1, "state": "knox"},
        ]
        assert "0  pepper 2: no token needs it. Remove it from PEPPERS, unless" in text
        assert "1  pepper 7: MISSING from PEPPERS: these are refused\n" in text
        assert "2  no pepper: the next use of a token moves it to the version of new keys\n" in text
        assert "1  knox: imported from knox\n" in text
        assert not any(secret in text for secret in PEPPERS.values())

    def test_a_digest_version_of_another_release_is_unknown(self, user: Any) -> None:
        fill(user, digest=bytes([200]) + bytes(32))
        assert stats()["digests"][1] == {"version": 200, "tokens": 1, "state": "unknown"}

    def test_the_text_shows_every_count(self, user: Any) -> None:
        fill(user, 12, expires_at=timezone.now() + DAY, last_used_at=timezone.now())
        fill(user, digest=keys.digest("key", keys.SHA256), expires_at=timezone.now())
        assert run("token_stats") == (
            "        13  tokens\n"
            "        12  usable\n"
            "        12    login\n"
            "         0    personal\n"
            "         1  expired\n"
            "         0  that never expire\n"
            "         0  never used\n"
            "         0  unused for 90 days\n"
            "         0  of inactive users\n"
            "stored under\n"
            "        13  no pepper: used for new keys\n"
        )

    def test_the_number_of_queries_depends_only_on_the_digest_versions(
        self, user: Any, other_user: Any
    ) -> None:
        """One query for the counts, two for each version, and one that finds no further version."""
        with queries() as asked:
            stats()
        assert len(asked) == 2
        for person in [user, other_user]:
            for _ in range(10):
                operations.issue(person)
        with queries() as asked:
            stats()
        assert len(asked) == 4
        with override_settings(DRF_TOKEN_AUTH={"PEPPERS": PEPPERS, "PEPPER": 3}):
            operations.issue(user)
            with queries() as asked:
                stats()
        assert len(asked) == 6

    @override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None})
    def test_unused_tokens_are_not_counted_if_no_use_is_recorded(self, user: Any) -> None:
        fill(user, created_at=timezone.now() - 200 * DAY)
        found = stats()
        assert (found["never_used"], found["unused_90_days"], found["usable"]) == (None, None, 1)
        assert "         -  never used\n" in run("token_stats")

    def test_an_unknown_format_is_refused(self, db: None) -> None:
        assert "--format" in str(refused("token_stats", "--format", "xml"))


class TestStatsOfUsersThatAreAlwaysActive:
    def test_inactive_users_are_not_counted(
        self, monkeypatch: pytest.MonkeyPatch, user: Any
    ) -> None:
        from django.core.exceptions import FieldDoesNotExist

        options = type(user)._meta

        def get_field(name: str) -> Any:
            if name == "is_active":
                raise FieldDoesNotExist
            return type(options).get_field(options, name)

        monkeypatch.setattr(options, "get_field", get_field)
        assert stats()["inactive_users"] is None
        assert "         -  of inactive users\n" in run("token_stats")


class Input(io.TextIOWrapper):
    """Standard input that can be read as bytes and as text."""

    def __init__(self, text: str) -> None:
        super().__init__(io.BytesIO(text.encode()))


def find(*typed: Any, stdin: Any = None) -> tuple[int, list[str]]:
    """Run ``find_leaked_tokens``. Return the exit status and the lines of standard output."""
    out = io.StringIO()
    status = 0
    try:
        call_command(
            "find_leaked_tokens",
            *map(str, typed),
            stdin=stdin or io.StringIO(),
            stdout=out,
            stderr=io.StringIO(),
        )
    except CommandError as error:
        status = error.returncode
    return status, out.getvalue().splitlines()


class TestFindLeakedTokens:
    def test_each_key_is_shown_with_its_token(
        self, user: Any, other_user: Any, tmp_path: Path
    ) -> None:
        mine = operations.issue(user, name="ci job", kind="personal")
        theirs = operations.issue(other_user)
        Token.objects.filter(pk=theirs.pk).update(expires_at=timezone.now())
        file = tmp_path / "app.log"
        stranger = keys.generate("dta_")
        file.write_text(f"GET /\nToken {mine.key}\n\n{theirs.key} {stranger}\n")
        status, lines = find(file)
        assert lines == [
            f'{file}:2  token id {mine.pk}, user {user.pk}, personal, "ci job", usable',
            f"{file}:4  token id {theirs.pk}, user {other_user.pk}, login, no name, expired",
            f"{file}:4  no token, unknown",
            "Found 3 keys. Usable tokens with a leaked key: 1.",
        ]
        assert status == 1
        assert len(left()) == 2

    def test_no_output_has_a_key(self, user: Any, tmp_path: Path, capsys: Any) -> None:
        """A key is hidden even if it is a part of a path or of the name of a token."""
        token, other = operations.issue(user), operations.issue(user)
        Token.objects.filter(pk=token.pk).update(name=f"old {other.key}")
        (tmp_path / f"{token.key}.log").write_text(f"{token.key}\n{other.key}")
        out, err = io.StringIO(), io.StringIO()
        missing = tmp_path / other.key
        with pytest.raises(CommandError) as caught:
            call_command("find_leaked_tokens", tmp_path, missing, stdout=out, stderr=err)
        said = f"{out.getvalue()}{err.getvalue()}{caught.value}{capsys.readouterr()}"
        assert token.key[4:] not in said
        assert other.key[4:] not in said
        assert "dta_….log:1" in said
        assert '"old dta_…"' in said
        assert "dta_…: No such file" in said

    def test_a_key_in_place_of_a_path_is_refused(self, user: Any) -> None:
        token = operations.issue(user)
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command("find_leaked_tokens", token.key, stdout=io.StringIO(), stderr=err)
        assert "A key was given in place of a path. Pipe the key" in err.getvalue()
        assert token.key[4:] not in err.getvalue()

    def test_a_key_with_an_older_prefix_in_place_of_a_path_is_refused(
        self, db: None, settings: Any
    ) -> None:
        settings.DRF_TOKEN_AUTH = {"PREFIX": "new_"}
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command("find_leaked_tokens", keys.generate("dta_"), stderr=err)
        assert "A key was given in place of a path." in err.getvalue()

    def test_a_path_that_is_too_long_is_reported(self, db: None) -> None:
        err = io.StringIO()
        with pytest.raises(CommandError, match="1 path could not be read"):
            call_command("find_leaked_tokens", "a" * 5000, stdout=io.StringIO(), stderr=err)
        assert "File name too long" in err.getvalue()

    def test_a_file_whose_content_cannot_be_read_is_named(
        self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An error while reading has no file name. Only an error while opening has one."""

        def fail(*args: Any) -> Any:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(find_leaked_tokens, "find_keys", fail)
        file, err = tmp_path / "a", io.StringIO()
        file.touch()
        with pytest.raises(CommandError) as caught:
            call_command("find_leaked_tokens", str(file), stdout=io.StringIO(), stderr=err)
        assert caught.value.returncode == 2
        assert f"{file}: Input/output error" in err.getvalue()

    def test_without_usable_tokens_the_status_is_0(self, user: Any, tmp_path: Path) -> None:
        token = operations.issue(user)
        expired = token.key
        Token.objects.update(expires_at=timezone.now())
        (tmp_path / "a").write_text(f"{expired} {keys.generate('dta_')} {expired[:-1]}")
        status, lines = find(tmp_path)
        assert (status, lines[-1]) == (0, "Found 2 keys. Usable tokens with a leaked key: 0.")
        (tmp_path / "a").write_text("")
        assert find(tmp_path) == (0, ["Found no keys."])

    def test_folders_are_searched_at_every_depth(self, user: Any, tmp_path: Path) -> None:
        key = operations.issue(user).key
        for name in ["b/c/d.txt", "b/a.txt", "a.txt", ".git/config"]:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(key)
        _, lines = find(tmp_path)
        assert [line.partition(":")[0] for line in lines[:-1]] == [
            str(tmp_path / name) for name in ["a.txt", ".git/config", "b/a.txt", "b/c/d.txt"]
        ]
        assert lines[-1] == "Found 4 keys. Usable tokens with a leaked key: 1."

    def test_circular_links_and_pipes_do_not_stop_the_search(
        self, user: Any, tmp_path: Path
    ) -> None:
        key = operations.issue(user).key
        (tmp_path / "a").write_text(key)
        (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "self").symlink_to(tmp_path / "self")
        (tmp_path / "gone").symlink_to(tmp_path / "nothing")
        (tmp_path / "alias").symlink_to(tmp_path / "a")
        os.mkfifo(tmp_path / "pipe")
        status, lines = find(tmp_path)
        assert status == 1
        assert [line.partition(":")[0] for line in lines[:-1]] == [
            str(tmp_path / "a"),
            str(tmp_path / "alias"),
        ]

    def test_a_pipe_that_is_named_is_read(self, user: Any, tmp_path: Path) -> None:
        """The shell's ``<(git log -p)`` is such a pipe."""
        key = operations.issue(user).key
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_text, args=[key])
        writer.start()
        status, lines = find(pipe)
        writer.join()
        assert (status, len(lines)) == (1, 2)

    def test_unreadable_files_are_reported_and_the_rest_is_read(
        self, user: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a").write_text("nothing")
        loop = tmp_path / "loop"
        loop.symlink_to(loop)
        err = io.StringIO()
        with pytest.raises(CommandError) as caught:
            call_command(
                "find_leaked_tokens",
                tmp_path / "typo",
                loop,
                tmp_path / "a",
                stdout=io.StringIO(),
                stderr=err,
            )
        assert caught.value.returncode == 2
        assert str(caught.value) == "2 paths could not be read."
        assert f"{tmp_path / 'typo'}: No such file or directory\n" in err.getvalue()
        assert f"{loop}: Too many levels of symbolic links\n" in err.getvalue()

    def test_a_usable_key_is_found_beside_an_unreadable_file(
        self, user: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a").write_text(operations.issue(user).key)
        status, lines = find(tmp_path / "typo", tmp_path / "a", "--revoke", "--no-input")
        assert status == 2
        assert lines[-1] == "1 token revoked."
        assert not left()

    def test_paths_that_are_no_text_are_escaped(self, user: Any, tmp_path: Path) -> None:
        key = operations.issue(user).key
        (tmp_path / os.fsdecode(b"a\n\x1b[31m\xff")).write_text(key)
        _, lines = find(tmp_path)
        assert lines[0].startswith(rf"{tmp_path}/a\n\x1b[31m\xff:1  token id ")

    def test_standard_input_is_searched(self, user: Any, tmp_path: Path) -> None:
        token = operations.issue(user)
        status, lines = find("-", stdin=Input(f"\n{token.key}\n"))
        assert (status, lines[0]) == (
            1,
            f"-:2  token id {token.pk}, user {user.pk}, login, no name, usable",
        )

    def test_files_that_are_not_utf_8_are_searched(self, user: Any, tmp_path: Path) -> None:
        (tmp_path / "dump").write_bytes(b"\xff\n\0\xfe" + operations.issue(user).key.encode())
        (tmp_path / "utf16.txt").write_text(operations.issue(user).key, encoding="utf-16")
        status, lines = find(tmp_path)
        assert (status, lines[-1]) == (1, "Found 2 keys. Usable tokens with a leaked key: 2.")
        assert lines[0].startswith(f"{tmp_path / 'dump'}:2  ")

    def test_earlier_prefixes_are_found(self, user: Any) -> None:
        made = []
        for prefix in ["dta_", "old_", "older_", "new_"]:
            with override_settings(DRF_TOKEN_AUTH={"PREFIX": prefix}):
                made.append(operations.issue(user).key)
        text = "\n".join(made)
        with override_settings(DRF_TOKEN_AUTH={"PREFIX": "new_"}):
            _, lines = find("-", stdin=Input(text))
            assert [line.partition("  ")[0] for line in lines[:-1]] == ["-:1", "-:4"]
            _, lines = find("-", "--prefix", "old_", "--prefix", "older_", stdin=Input(text))
            assert lines[-1] == "Found 4 keys. Usable tokens with a leaked key: 4."

    def test_keys_with_and_without_a_pepper_are_found(self, user: Any) -> None:
        before = operations.issue(user)
        with override_settings(DRF_TOKEN_AUTH={"PEPPERS": PEPPERS, "PEPPER": 3}):
            after = operations.issue(user)
            _, lines = find("-", stdin=Input(f"{before.key}\n{after.key}"))
        assert lines[-1] == "Found 2 keys. Usable tokens with a leaked key: 2."

    @pytest.mark.parametrize(
        ("late", "state"), [(-MICROSECOND, "usable"), (timedelta(0), "rotated")]
    )
    def test_the_previous_key_is_usable_within_its_grace(
        self, user: Any, late: timedelta, state: str
    ) -> None:
        token = operations.issue(user)
        now = timezone.now()
        with at(now):
            rotated = operations.rotate(token)
        with at(now + timedelta(seconds=60) + late):
            status, lines = find("-", "--revoke", "--no-input", stdin=Input(token.key))
        assert lines[0].endswith(state)
        assert status == (1 if state == "usable" else 0)
        # A usable previous key is a leak: a thief could rotate with it.
        assert (rotated in left()) is (state == "rotated")

    def test_a_replaced_key_belongs_to_its_token(self, user: Any) -> None:
        first = operations.issue(user)
        made = [operations.rotate(Token.objects.from_key(first.key)).key for _ in range(4)]
        status, lines = find("-", stdin=Input("\n".join(made)))
        assert [line.split()[-1] for line in lines[:4]] == ["rotated"] * 3 + ["usable"]
        assert status == 1

    def test_the_token_of_an_inactive_user_counts_as_usable(self, user: Any) -> None:
        token = operations.issue(user)
        user.is_active = False
        user.save()
        status, lines = find("-", "--revoke", "--no-input", stdin=Input(token.key))
        assert (status, lines[-1]) == (1, "1 token revoked.")

    def test_usable_tokens_with_a_leaked_key_are_revoked(
        self, user: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        leaked, expired, kept = [operations.issue(user) for _ in range(3)]
        Token.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
        text = f"{leaked.key}\n{leaked.key}\n{expired.key}"
        with listening() as heard, django_capture_on_commit_callbacks(execute=True):
            status, lines = find("-", "--revoke", "--no-input", stdin=Input(text))
        assert status == 1
        assert lines[-2:] == [
            "Found 3 keys. Usable tokens with a leaked key: 1.",
            "1 token revoked.",
        ]
        assert [(one.token.pk, one.reason) for one in heard] == [(leaked.pk, "command")]
        assert left() == {expired, kept}
        status, lines = find("-", "--revoke", "--no-input", stdin=Input(text))
        assert (status, lines[0]) == (0, "-:1  no token, unknown")

    @pytest.mark.parametrize(("typed", "goes"), [("y\n", True), ("n\n", False), ("\n", False)])
    def test_revoke_asks(
        self, user: Any, tmp_path: Path, typed: str, goes: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a").write_text(operations.issue(user).key)
        types(monkeypatch, typed)
        status, _ = find(tmp_path, "--revoke")
        assert status == 1
        assert bool(left()) is not goes

    def test_revoke_is_refused_if_it_cannot_ask(
        self, user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a").write_text(operations.issue(user).key)
        types(monkeypatch, "")
        assert "Add --no-input" in str(refused("find_leaked_tokens", tmp_path, "--revoke"))
        types(monkeypatch, "y\n")
        for path in (["-"], ["-", tmp_path]):
            assert "both" in str(refused("find_leaked_tokens", *path, "--revoke"))
        assert left()

    def test_100_keys_need_one_query(self, user: Any) -> None:
        made = [operations.issue(user).key for _ in range(3)]
        strangers = [keys.generate("dta_") for _ in range(147)]
        with queries() as asked:
            status, lines = find("-", stdin=Input("\n".join([*strangers, *made])))
        assert len(asked) == 2
        assert (status, lines[-1]) == (1, "Found 150 keys. Usable tokens with a leaked key: 3.")
        assert len(lines) == 151

    def test_a_missing_path_is_refused(self) -> None:
        said = str(refused("find_leaked_tokens"))
        assert said == "Error: the following arguments are required: PATH"

    @pytest.mark.parametrize("prefix", ["", "x" * 17, "ä", "a\tb"])
    def test_a_bad_prefix_is_refused(self, tmp_path: Path, prefix: str) -> None:
        said = str(refused("find_leaked_tokens", tmp_path, f"--prefix={prefix}"))
        reason = f"{prefix!r} is not a prefix of 1 to 16 characters"
        assert said == f"Error: argument --prefix: {reason}"
