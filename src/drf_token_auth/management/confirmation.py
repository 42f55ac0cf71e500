"""Ask a question before tokens are revoked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ..managers import TokenQuerySet
from ..rows.revocation import revoke_in_batches
from .output import TokenCommand, counted

__all__ = ["RevokingCommand"]


class RevokingCommand(TokenCommand):
    """The base of commands that revoke tokens and ask for confirmation first."""

    def add_confirmation_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Do not ask.",
        )

    def confirm(self, count: int) -> None:
        """Ask, as Django's own commands do. Raise CommandError unless the answer is yes."""
        # input() would write the question to standard output, which may be a file.
        self.put(self.stderr, f"Revoke {counted(count)}? [y/N] ", self.style.WARNING)
        self.stderr.flush()
        try:
            answer = input("")
        except (EOFError, OSError, RuntimeError, ValueError) as error:
            raise CommandError(
                "There is no terminal to answer the question, so nothing was revoked. Add "
                "--no-input to revoke without it."
            ) from error
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("The answer was not yes, so nothing was revoked.")

    def revoke(self, tokens: TokenQuerySet[Any]) -> int:
        """Revoke the tokens with the reason ``command``. Return the number of revoked tokens."""
        count = revoke_in_batches(tokens, reason="command", progress=self._show_count)
        if count:
            self.show_progress("")
        return count

    def _show_count(self, total: int) -> None:
        self.show_progress(f"Revoked {total}")
