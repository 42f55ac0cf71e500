from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from ... import operations
from ...base_models import Kind
from ...exceptions import TokenLimitReached, UnknownScopes
from ..durations import duration, given
from ..users import find_user


class Command(BaseCommand):
    help = "Makes a token for a user and prints its key, and nothing else, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The user, by USERNAME_FIELD.")
        parser.add_argument("--name", default="", help="What to call the token in lists.")
        parser.add_argument(
            "--scopes",
            nargs="+",
            metavar="SCOPE",
            help="What it may do. Default: all the user may do.",
        )
        parser.add_argument(
            "--kind",
            choices=Kind.values,
            default=Kind.PERSONAL,
            help="Default: personal.",
        )
        lifetime = parser.add_mutually_exclusive_group()
        lifetime.add_argument("--ttl", type=duration, help="Lifetime, such as 90d or 12h.")
        lifetime.add_argument("--never", action="store_true", help="It never expires.")
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Alias of the database to write to.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lifetime = given(options["ttl"])
        if lifetime == timedelta(0):
            raise CommandError("--ttl is longer than nothing.")
        user = find_user(options["username"], using=options["database"])
        ttl = None if options["never"] else lifetime or operations.DEFAULT
        scopes = options["scopes"]
        try:
            token = operations.issue(
                user,
                kind=options["kind"],
                name=options["name"],
                scopes=" ".join(scopes) if isinstance(scopes, list) else scopes,
                ttl=ttl,
                using=options["database"],
            )
        except (UnknownScopes, TokenLimitReached) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token.key)
