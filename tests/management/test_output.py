"""Trouble with the output does not stop a command's work."""

from __future__ import annotations

import codecs
import io
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from drf_token_auth import get_token_model, operations
from tests.management.test_commands import closed, refused, run

Token = get_token_model()

pytestmark = pytest.mark.django_db


class Closed(io.StringIO):
    """A pipe whose reader has stopped, as with ``| head``."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def in_encoding(name: str) -> Any:
    return io.TextIOWrapper(io.BytesIO(), encoding=name, write_through=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "utf-8"])
def test_a_name_that_the_terminal_cannot_show_is_escaped(
    user: Any, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "leak.txt").write_text(operations.issue(user, name="민수 📱").key)
    out = in_encoding(encoding)
    typed = [str(tmp_path), "--revoke", "--no-input"]
    with pytest.raises(CommandError, match="Usable keys have leaked"):
        call_command("find_leaked_tokens", *typed, stdout=out, stderr=in_encoding(encoding))
    assert not Token.objects.exists()
    said = out.buffer.getvalue().decode(encoding)
    assert ("\\U0001f4f1" in said) is (encoding != "utf-8")


def test_a_stream_without_an_encoding_gets_escaped_text(user: Any, tmp_path: Path) -> None:
    (tmp_path / "leak.txt").write_text(operations.issue(user, name="📱").key)
    out = codecs.getwriter("ascii")(io.BytesIO())
    with pytest.raises(CommandError, match="Usable keys have leaked"):
        call_command("find_leaked_tokens", str(tmp_path), stdout=out, stderr=io.StringIO())
    assert b"\\U0001f4f1" in out.getvalue()


@pytest.mark.parametrize("typed", [["revoke_tokens", "--all", "--no-input"]])
def test_tokens_are_revoked_if_no_program_reads_the_output(user: Any, typed: list[str]) -> None:
    operations.issue(user)
    call_command(*typed, stdout=Closed(), stderr=Closed())
    assert not Token.objects.exists()


@pytest.mark.parametrize("format_", ["text", "json"])
def test_statistics_that_no_program_reads_are_no_error(user: Any, format_: str) -> None:
    call_command("token_stats", "--format", format_, stdout=Closed(), stderr=Closed())


class ClosedTerminal(Closed):
    def isatty(self) -> bool:
        return True


def test_a_purge_goes_on_if_its_terminal_is_closed(user: Any) -> None:
    operations.issue(user, ttl=timedelta(seconds=-1))
    typed = ["purge_expired_tokens", "--verbosity", "2"]
    call_command(*typed, stdout=Closed(), stderr=ClosedTerminal())
    assert not Token.objects.exists()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_tokens_are_revoked_without_a_standard_stream(
    user: Any, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """Python sets ``sys.stdout`` to None after ``>&-``, and ``sys.stderr`` after ``2>&-``."""
    operations.issue(user)
    monkeypatch.setattr(sys, stream, None)
    call_command("revoke_tokens", "--all", "--no-input")
    assert not Token.objects.exists()


@pytest.mark.parametrize("stream", [Closed(), None])
def test_a_token_whose_key_nobody_can_read_is_revoked(
    user: Any, monkeypatch: pytest.MonkeyPatch, stream: Any
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(CommandError, match="the token was revoked"):
        call_command("create_token", user.get_username())
    assert not Token.objects.exists()


def test_a_token_whose_key_goes_to_a_closed_stream_is_revoked(user: Any) -> None:
    with pytest.raises(CommandError, match="the token was revoked"):
        call_command("create_token", user.get_username(), stdout=closed())
    assert not Token.objects.exists()


def test_tokens_with_leaked_keys_are_revoked_if_nobody_reads_the_report(
    user: Any, tmp_path: Path
) -> None:
    (tmp_path / "leak.txt").write_text(operations.issue(user).key)
    typed = ["find_leaked_tokens", str(tmp_path), "--revoke", "--no-input"]
    with pytest.raises(CommandError, match="Usable keys have leaked"):
        call_command(*typed, stdout=Closed(), stderr=Closed())
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "typed", [["--all", "--no-input"], ["--all", "--dry-run"], ["--unused-for", "0s", "--no-input"]]
)
def test_revoke_tokens_is_silent_at_verbosity_0(user: Any, typed: list[str]) -> None:
    operations.issue(user)
    assert run("revoke_tokens", *typed, verbosity=0) == ""
    assert bool(Token.objects.count()) is ("--dry-run" in typed)


def test_create_token_prints_its_key_at_verbosity_0(user: Any) -> None:
    assert Token.objects.from_key(run("create_token", user.get_username(), verbosity=0).strip())


def test_errors_are_shown_at_verbosity_0() -> None:
    assert "Say which tokens" in str(refused("revoke_tokens", verbosity=0))
