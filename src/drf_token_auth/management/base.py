"""The base classes of the commands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import connections, router

from .. import get_token_model
from ..managers import TokenQuerySet
from ..rows.revocation import revoke_in_batches

__all__ = ["RevokingCommand", "TokenCommand", "counted"]


def counted(count: int, noun: str = "token") -> str:
    """Return ``1 token`` or ``2 tokens``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class TokenCommand(BaseCommand):
    """The base class of all commands. If :meth:`put` cannot write a text, the command goes on."""

    verbosity = 1

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.verbosity = options["verbosity"]
        return super().execute(*args, **options)

    def add_database_argument(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Alias of the database. Default: where the router writes tokens.",
        )

    def database(self, options: dict[str, Any]) -> str:
        """Return the alias that ``--database`` names, or the router's."""
        return options["database"] or router.db_for_write(get_token_model())

    def say(self, text: str) -> None:
        """Write a line, but not at ``--verbosity 0``. :meth:`put` writes at every verbosity."""
        if self.verbosity > 0:
            self.put(self.stdout, f"{text}\n")

    def show_progress(self, text: str) -> None:
        """Replace the last line of the terminal. Write nothing to a file or a pipe."""
        if self.verbosity > 0 and self.stderr.isatty():
            self.put(self.stderr, f"\r{text}")

    def put(self, stream: OutputWrapper, text: str, style: Any = None) -> None:
        """Write the text, and escape what the stream cannot encode.

        Do nothing if there is no stream, for example with ``>&-`` in the shell, or if its reader
        has closed it, for example ``| head``.
        """
        if getattr(stream, "_out", stream) is None:
            return
        try:
            stream.write(text, style, ending="")
            stream.flush()
        except UnicodeEncodeError:
            encoding = getattr(stream, "encoding", None) or "ascii"
            readable = text.encode(encoding, "backslashreplace").decode(encoding)
            stream.write(readable, style, ending="")
        except (OSError, ValueError):
            pass


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
        """Ask for a confirmation. Raise CommandError unless the answer is yes."""
        # input() would write the question to standard output, which may be a file.
        self.put(self.stderr, f"Revoke {counted(count)}? [y/N] ", self.style.WARNING)
        try:
            answer = input("")
        except (EOFError, OSError, RuntimeError, ValueError) as error:
            raise CommandError(
                "The question got no answer, so nothing was revoked. Add --no-input to revoke "
                "without the question."
            ) from error
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("The answer was not yes, so nothing was revoked.")

    def revoke(self, tokens: TokenQuerySet[Any]) -> int:
        """Revoke the tokens with the reason ``command``. Return the number of revoked tokens."""
        count = revoke_in_batches(
            tokens,
            reason="command",
            progress=lambda total: self.show_progress(f"Revoked {total}"),
        )
        self.show_progress("")
        return count
