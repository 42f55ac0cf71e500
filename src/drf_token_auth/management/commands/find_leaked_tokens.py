from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from django.core.management.base import CommandError, CommandParser

from ... import get_token_model
from ...conf import Settings, get_settings
from ...keys import looks_issued
from ...leaks import USABLE, Holder, holders_of
from ...leaks.scanning import FoundKey, find_keys, mask_keys
from ...managers import TokenQuerySet, all_rows
from ..base import RevokingCommand, counted

STANDARD_INPUT = "-"
T = TypeVar("T")
# The most keys or tokens in one query.
BATCH_SIZE = 100
# The exit statuses: a usable token was found, or a path could not be read. 0 means neither.
FOUND, TROUBLE = 1, 2
ON_THE_COMMAND_LINE = (
    "A key was given in place of a path. Pipe the key into find_leaked_tokens with the path -, "
    "because the shell keeps its command lines in a history."
)


def prefix(text: str) -> str:
    """Read a prefix from the command line."""
    if not (1 <= len(text) <= 16 and text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a prefix of 1 to 16 characters")
    return text


def pieces(whole: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(whole)
    while piece := list(islice(iterator, BATCH_SIZE)):
        yield piece


def described(holder: Holder) -> str:
    token = holder.token
    if token is None:
        return f"no token, {holder.state}"
    name = f'"{token.name}"' if token.name else "no name"
    return f"token id {token.pk}, user {token.user_id}, {token.kind}, {name}, {holder.state}"


def on_one_line(text: str) -> str:
    """Escape line ends, control characters and bytes that are not UTF-8. A path may have them."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in readable)


class Command(RevokingCommand):
    help = (
        "Find keys of tokens in files, folders or standard input, and say whose they are. "
        "Exit status: 1 if one is usable, 0 if none is, 2 if something could not be read."
    )
    # Allow call_command(stdin=…), as Django's createsuperuser does.
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            nargs="+",
            metavar="PATH",
            help="A file, a folder with everything in it, or - for standard input.",
        )
        parser.add_argument(
            "--prefix",
            type=prefix,
            action="append",
            default=[],
            help="Also look for keys with this prefix, from before PREFIX was changed.",
        )
        parser.add_argument("--revoke", action="store_true", help="Revoke the usable tokens.")
        self.add_confirmation_arguments(parser)
        self.add_database_argument(parser)

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.stdin: Any = options.get("stdin", sys.stdin)
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        asks = options["revoke"] and options["interactive"]
        if asks and STANDARD_INPUT in options["path"]:
            raise CommandError(
                "Standard input cannot hold both the text and your answer. Add --no-input."
            )
        prefixes = [get_settings().PREFIX, Settings().PREFIX, *options["prefix"]]
        self.prefixes = list(dict.fromkeys(filter(None, prefixes)))
        self.unread = 0
        tokens = all_rows(get_token_model(), self.database(options))
        usable = sorted(self.look(tokens, options["path"]))
        if usable and options["revoke"]:
            if options["interactive"]:
                self.confirm(len(usable))
            count = sum(self.revoke(tokens.usable().filter(pk__in=ids)) for ids in pieces(usable))
            self.say(f"{counted(count)} revoked.")
        if any(looks_issued(path, each) for path in options["path"] for each in self.prefixes):
            self.put(self.stderr, f"{ON_THE_COMMAND_LINE}\n")
        if self.unread:
            unread = counted(self.unread, "path")
            raise CommandError(f"{unread} could not be read.", returncode=TROUBLE)
        if usable:
            raise CommandError("Usable keys have leaked.", returncode=FOUND)

    def look(self, tokens: TokenQuerySet[Any], paths: Iterable[str]) -> set[int]:
        """Print where each key was found, and its token. Return the ids of the usable tokens."""
        total = 0
        usable: set[int] = set()
        for batch in pieces(self.scan(paths)):
            holders = holders_of(tokens.model, [each.key for _, each in batch], using=tokens.db)
            for path, each in batch:
                holder = holders[each.key]
                self.say(f"{path}:{each.line}  {described(holder)}")
                if holder.state == USABLE and holder.token is not None:
                    usable.add(holder.token.pk)
            total += len(batch)
        if total:
            keys = counted(total, "key")
            self.say(f"Found {keys}. Usable tokens with a leaked key: {len(usable)}.")
        else:
            self.say("Found no keys.")
        return usable

    def scan(self, paths: Iterable[str]) -> Iterator[tuple[str, FoundKey]]:
        for path in paths:
            if path == STANDARD_INPUT:
                yield from self.find_in(path, self.stdin.buffer)
                continue
            for file in self.files_in(Path(path)):
                with self.reported(file), file.open("rb") as stream:
                    yield from self.find_in(str(file), stream)

    def find_in(self, name: str, stream: BinaryIO) -> Iterator[tuple[str, FoundKey]]:
        for found in find_keys(stream, self.prefixes):
            yield name, found

    def files_in(self, path: Path) -> Iterator[Path]:
        # For a path that the process may not read, Path.is_dir() may raise. os.path.isdir() returns
        # False. Opening the path then reports what is wrong.
        if not os.path.isdir(path):  # noqa: PTH112
            yield path
            return
        # os.walk does not follow links to folders, so a circle of links cannot trap it.
        for folder, subfolders, names in os.walk(path, onerror=self.report):
            subfolders.sort()
            for file in sorted(Path(folder, name) for name in names):
                with self.reported(file):
                    # Skip pipes and devices: reading one might never stop.
                    if file.is_file():
                        yield file

    @contextmanager
    def reported(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            error.filename = error.filename or path
            self.report(error)

    def report(self, error: OSError) -> None:
        self.unread += 1
        line = on_one_line(f"{error.filename}: {error.strerror}")
        self.put(self.stderr, mask_keys(line, self.prefixes) + "\n")

    def say(self, line: str) -> None:
        # Say it also at --verbosity 0, because it is the result. A path or the name of a token may
        # contain a key.
        self.put(self.stdout, mask_keys(on_one_line(line), self.prefixes) + "\n")
