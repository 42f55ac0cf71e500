from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import operations
from ...base_models import Kind
from ...exceptions import TokenError
from ..base import TokenCommand
from ..times import duration, given
from ..users import add_user_id_argument, find_user


class Command(TokenCommand):
    help = "Make a token for a user. Print its key, and nothing else, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", help="The user's name in USERNAME_FIELD.")
        add_user_id_argument(parser)
        parser.add_argument("--name", default="", help="The token's name in lists.")
        parser.add_argument(
            "--scopes",
            nargs="+",
            metavar="SCOPE",
            help="What the token may do. Default: all that the user may do.",
        )
        parser.add_argument(
            "--kind",
            choices=Kind.values,
            default=Kind.PERSONAL,
            help="Default: personal.",
        )
        lifetime = parser.add_mutually_exclusive_group()
        lifetime.add_argument("--ttl", type=duration, help="Lifetime, such as 90d or 12h.")
        lifetime.add_argument("--never", action="store_true", help="The token never expires.")
        self.add_database_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        lifetime = given(options["ttl"])
        if lifetime == timedelta(0):
            raise CommandError("--ttl must be longer than 0s, such as 90d or 12h.")
        if (options["username"] is None) == (options["user_id"] is None):
            raise CommandError(
                "Name the user: create_token USERNAME, or create_token --user-id ID."
            )
        user = find_user(options["username"], options["user_id"], using=options["database"])
        scopes = options["scopes"]
        try:
            token = operations.issue(
                user,
                kind=options["kind"],
                name=options["name"],
                scopes=" ".join(scopes) if isinstance(scopes, list) else scopes,
                ttl=None if options["never"] else lifetime or operations.DEFAULT,
                using=options["database"],
            )
        except TokenError as error:
            text = str(error) or "The user was changed meanwhile. Run the command again."
            raise CommandError(text) from error
        try:
            self.stdout.write(token.key)
            self.stdout.flush()
        except (OSError, ValueError, AttributeError) as error:  # For example, sys.stdout is None.
            operations.revoke(token, reason="command")
            raise CommandError(
                "The key could not be written to standard output, so the token was revoked."
            ) from error
