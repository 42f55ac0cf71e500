"""Asking before tokens are revoked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ..ending import revoke_in_batches
from ..managers import TokenQuerySet

__all__ = ["RevokingCommand"]


class RevokingCommand(BaseCommand):
    """A command that ends tokens, of one user or of all, and asks before it does."""

    def add_confirmation_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Do not ask.",
        )

    def confirm(self, count: int) -> None:
        """Go on only if somebody, or a pipe, says yes: as Django's own commands ask."""
        # input() would put the question to standard output, which may be a file.
        self.stderr.write(f"Revoke {count} tokens? [y/N] ", self.style.WARNING, ending="")
        self.stderr.flush()
        try:
            answer = input("")
        except (EOFError, OSError, RuntimeError, ValueError) as error:  # ended, none, closed
            raise CommandError(
                "There is nobody to ask: give --no-input. Nothing is done."
            ) from error
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("Cancelled: nothing is revoked.")

    def revoke(self, tokens: TokenQuerySet[Any], *, verbosity: int) -> int:
        """End them, with the reason ``command``. How many there were."""
        if verbosity < 1 or not self.stderr.isatty():
            return revoke_in_batches(tokens, reason="command")
        count = revoke_in_batches(tokens, reason="command", progress=self._show_progress)
        self.stderr.write("\r", ending="")
        return count

    def _show_progress(self, total: int) -> None:
        self.stderr.write(f"\r{total} revoked", ending="")
        self.stderr.flush()
