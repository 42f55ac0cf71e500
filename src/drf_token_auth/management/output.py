"""Write a command's output. A failing stream never stops the command."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper
from django.db import connections, router

from .. import get_token_model

__all__ = ["TokenCommand", "counted"]


def counted(count: int, noun: str = "token") -> str:
    """Return ``1 token`` or ``2 tokens``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class TokenCommand(BaseCommand):
    """A command that is silent at ``--verbosity 0`` and can print any name."""

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
        """Write a line about the work. Use :meth:`put` for a result that is always wanted."""
        if self.verbosity > 0:
            self.put(self.stdout, f"{text}\n")

    def show_progress(self, text: str) -> None:
        """Replace the last line of the terminal. Write nothing to a file or a pipe."""
        if self.verbosity > 0 and self.stderr.isatty():
            self.put(self.stderr, f"\r{text}")

    def put(self, stream: OutputWrapper, text: str, style: Any = None) -> None:
        """Write the text, and escape what the stream cannot encode.

        The command goes on if the stream was closed meanwhile, for example by ``| head``, or if
        there is none, as after ``>&-``.
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
