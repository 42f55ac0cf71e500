from __future__ import annotations

import argparse
from typing import Any, cast

from django.core.management.base import CommandError, CommandParser
from django.db import connections, router
from django.db.models import CharField, Value
from django.db.models.functions import Coalesce, Concat, StrIndex
from django.utils import timezone

from ... import get_token_model
from ...base_models import Kind
from ...managers import TokenQuerySet, all_rows
from ..confirmation import RevokingCommand
from ..durations import duration, given
from ..moments import moment
from ..users import find_user


def scope(text: str) -> str:
    """For ``type=``: any one word, also one that ``SCOPES`` no longer declares."""
    if text.split() != [text] or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a scope")
    return text


class Command(RevokingCommand):
    help = "Ends the tokens that all the options given select, in short transactions."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--user", metavar="USERNAME", help="Of this user, by USERNAME_FIELD.")
        whose.add_argument("--all", action="store_true", help="Of all users.")
        parser.add_argument("--kind", choices=Kind.values, help="Of this kind.")
        parser.add_argument(
            "--created-before",
            type=moment,
            metavar="MOMENT",
            help="Made before this date or time, such as 2026-11-25 or 2026-11-25T08:00.",
        )
        parser.add_argument(
            "--unused-for",
            type=duration,
            metavar="DURATION",
            help="Not used for so long, such as 180d; never used: not since they were made.",
        )
        parser.add_argument(
            "--scope", type=scope, metavar="NAME", help="Limited to scopes, this one among them."
        )
        parser.add_argument("--dry-run", action="store_true", help="Count, and revoke nothing.")
        self.add_confirmation_arguments(parser)
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Alias of the database. Default: where the router writes tokens.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tokens = self.select(options)
        if options["dry_run"]:
            self.stdout.write(f"{tokens.count()} tokens would be revoked.")
            return
        if options["interactive"]:
            count = tokens.count()
            if count:
                self.confirm(count)
        count = self.revoke(tokens, verbosity=options["verbosity"])
        self.stdout.write(f"{count} tokens revoked.")

    def select(self, options: dict[str, Any]) -> TokenQuerySet[Any]:
        model = get_token_model()
        using = options["database"] or router.db_for_write(model)
        chosen = [
            options[name] for name in ("user", "kind", "created_before", "unused_for", "scope")
        ]
        if not options["all"] and all(value is None for value in chosen):
            raise CommandError("Say which tokens: --user, --kind, … or --all.")
        tokens = all_rows(model, using).usable()
        if options["user"] is not None:
            tokens = tokens.filter(user=find_user(options["user"], using=using))
        if options["kind"] is not None:
            tokens = tokens.filter(kind=options["kind"])
        if options["created_before"] is not None:
            tokens = tokens.filter(created_at__lt=options["created_before"])
        unused_for = given(options["unused_for"])
        if unused_for is not None:
            since = timezone.now() - unused_for
            used = tokens.alias(last_use=Coalesce("last_used_at", "created_at"))
            tokens = cast("TokenQuerySet[Any]", used.filter(last_use__lte=since))
        if options["scope"] is not None:
            tokens = with_scope(tokens, options["scope"])
        return tokens


def with_scope(tokens: TokenQuerySet[Any], name: str) -> TokenQuerySet[Any]:
    """Those whose scopes, a text of names between spaces, have this one."""
    names = Concat(Value(" "), "scopes", Value(" "), output_field=CharField())
    word = f" {name} "
    among = tokens.alias(names=names, place=StrIndex(names, Value(word)))
    # LIKE heeds no case on SQLite, INSTR none on MySQL: both together do everywhere.
    return cast("TokenQuerySet[Any]", among.filter(names__contains=word, place__gt=0))
