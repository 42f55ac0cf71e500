from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...importers.copying import import_tokens
from ...importers.packages import SOURCES
from ...importers.reports import report_line, report_table
from ...importers.sources import Source, Unreadable
from ...importers.undoing import undo_import
from ...importers.walks import BATCH_SIZE
from ...rows.creation import NAME_LENGTH
from ...rows.kinds import Kind
from ..base import TokenCommand, counted
from ..leftovers import leftovers, listed
from ..times import duration, given


class Command(TokenCommand):
    help = (
        "Import the tokens of another package, so that the keys of clients keep working. "
        "You can run it while the site is running, and as often as you like."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=tuple(SOURCES), help="The old package.")
        parser.add_argument(
            "--kind",
            choices=Kind.values,
            default=Kind.LOGIN,
            help="login: a password change revokes these tokens. personal: for scripts, a "
            "password change keeps them. Default: login.",
        )
        parser.add_argument(
            "--name", default="", help="The name of tokens that have none in the old table."
        )
        self._add_lifetimes(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Print what would be imported and what is left to change in your project. Write "
            "nothing.",
        )
        parser.add_argument(
            "--undo",
            action="store_true",
            help="Delete the imported tokens. The old table stays as it is.",
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            help=f"How many rows one transaction copies. Default: {BATCH_SIZE}.",
        )
        self.add_database_argument(parser)

    def _add_lifetimes(self, parser: CommandParser) -> None:
        lifetime = parser.add_mutually_exclusive_group()
        lifetime.add_argument(
            "--ttl",
            type=duration,
            help="Tokens expire this long after the import, such as 90d. Default: their own "
            "expiry. Tokens without an expiry get TTL or PERSONAL_TTL.",
        )
        lifetime.add_argument(
            "--expire-after",
            type=duration,
            help="Tokens expire this long after their creation, such as 14d. Tokens that are older "
            "already are left out.",
        )
        lifetime.add_argument(
            "--keep-forever",
            action="store_true",
            help="Tokens without an expiry in the old table never expire here.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be 1 or more.")
        if len(options["name"]) > NAME_LENGTH:
            raise CommandError(
                f"--name can have at most {NAME_LENGTH} characters, but it has "
                f"{len(options['name'])}."
            )
        source = SOURCES[options["source"]]()
        try:
            rows = source.rows(self.database(options))
        except Unreadable as reason:
            raise CommandError(str(reason)) from reason
        work = self._undo if options["undo"] else self._import
        held = work(source, rows, options)
        if held:
            raise CommandError(
                f"Other transactions kept {counted(held, 'row')} locked. Run the command again."
            )

    def _import(self, source: Source, rows: Any, options: dict[str, Any]) -> int:
        report = import_tokens(
            rows,
            source.read,
            kind=options["kind"],
            name=options["name"],
            ttl=_lifetime(options, "ttl"),
            expire_after=_lifetime(options, "expire_after"),
            keep_forever=options["keep_forever"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            using=rows.db,
            progress=self._show_progress,
        )
        self.show_progress("")
        if options["dry_run"]:
            self.say(report_table(report, rows.model._meta.db_table))
            self.say("\n" + listed(leftovers(source), source.app))
        else:
            self.say(report_line(report))
        return report.held

    def _undo(self, source: Source, rows: Any, options: dict[str, Any]) -> int:
        deleted, held = undo_import(
            rows,
            source.read,
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            using=rows.db,
            progress=self._show_progress,
        )
        self.show_progress("")
        done = "Would delete" if options["dry_run"] else "Deleted"
        self.say(f"{done} {counted(deleted)}. The old table is unchanged.")
        return held

    def _show_progress(self, count: int) -> None:
        self.show_progress(f"{count} tokens")


def _lifetime(options: dict[str, Any], name: str) -> timedelta | None:
    chosen = given(options[name])
    if chosen == timedelta(0):
        raise CommandError(f"--{name.replace('_', '-')} must be longer than 0s, such as 90d.")
    return chosen
