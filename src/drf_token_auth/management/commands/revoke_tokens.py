from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ... import get_token_model
from ...base_models import Kind
from ...fields import has_scope
from ...managers import TokenQuerySet, all_rows
from ...rows import expiry
from ..base import RevokingCommand, counted
from ..times import duration, moment, unused_for
from ..users import add_user_id_argument, find_user


def scope(text: str) -> str:
    """Read the name of a scope from the command line, even if ``SCOPES`` no longer declares it."""
    if text.split() != [text] or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a scope")
    return text


class Command(RevokingCommand):
    help = "Revoke the tokens that match all the given options, in short transactions."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--user", metavar="USERNAME", help="Tokens of this user.")
        add_user_id_argument(whose)
        whose.add_argument("--all", action="store_true", help="Tokens of all users.")
        parser.add_argument("--kind", choices=Kind.values, help="Tokens of this kind.")
        parser.add_argument(
            "--created-before",
            type=moment,
            metavar="MOMENT",
            help="Tokens created before this date or time, such as 2026-11-25 or 2026-11-25T08:00.",
        )
        parser.add_argument(
            "--unused-for",
            type=duration,
            metavar="DURATION",
            help="Tokens that were not used for this long, such as 180d. The creation counts as a "
            "use.",
        )
        parser.add_argument(
            "--scope",
            type=scope,
            metavar="NAME",
            help="Tokens whose scopes include this one.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Count, and revoke nothing.")
        self.add_confirmation_arguments(parser)
        self.add_database_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        tokens = self.select(options)
        if options["dry_run"]:
            self.say(f"Would revoke {counted(tokens.count())}.")
            return
        if options["interactive"]:
            count = tokens.count()
            if count:
                self.confirm(count)
        self.say(f"Revoked {counted(self.revoke(tokens))}.")

    def select(self, options: dict[str, Any]) -> TokenQuerySet[Any]:
        selecting = ("user", "user_id", "kind", "created_before", "unused_for", "scope")
        if not options["all"] and all(options[name] is None for name in selecting):
            raise CommandError(
                "Say which tokens: --user, --user-id, --kind, --created-before, --unused-for, "
                "--scope or --all."
            )
        using = self.database(options)
        tokens = all_rows(get_token_model(), using).usable()
        if options["user"] is not None or options["user_id"] is not None:
            user = find_user(options["user"], options["user_id"], using=using, hidden=True)
            tokens = tokens.filter(user=user)
        if options["kind"] is not None:
            tokens = tokens.filter(kind=options["kind"])
        if options["created_before"] is not None:
            tokens = tokens.filter(created_at__lt=options["created_before"])
        unused = unused_for(options)
        if unused is not None:
            tokens = tokens.filter(expiry.unused_since(timezone.now() - unused))
        if options["scope"] is not None:
            tokens = tokens.filter(has_scope(options["scope"]))
        return tokens
