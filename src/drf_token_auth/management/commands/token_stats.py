from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from ... import get_token_model, keys
from ..base import TokenCommand
from ..stats import UNUSED_DAYS, collect

LABELS = {
    "total": "tokens",
    "usable": "usable",
    "expired": "expired",
    "never_expiring": "that never expire",
    "never_used": "never used",
    f"unused_{UNUSED_DAYS}_days": f"unused for {UNUSED_DAYS} days",
    "inactive_users": "of inactive users",
}
REMARKS = {
    "new_keys": "used for new keys",
    "in_use": "the next use of a token moves it to the version of new keys",
    "removable": "no token needs it. Remove it from PEPPERS, unless it is your next PEPPER",
    "missing": "MISSING from PEPPERS: these are refused",
    "knox": "imported from knox",
    "unknown": "of a version that this release does not know",
}


def digest_name(version: int) -> str:
    names = {keys.SHA256: "no pepper", keys.KNOX: "knox"}
    return names.get(version) or f"pepper {version}"


class Command(TokenCommand):
    help = "Count the tokens by their state and by the pepper of their digest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format", choices=("text", "json"), default="text", help="Default: text."
        )
        self.add_database_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = collect(get_token_model(), using=self.database(options))
        if options["format"] == "json":
            self.put(self.stdout, json.dumps(found, indent=2) + "\n")
            return
        self.put(self.stdout, "".join(f"{line}\n" for line in self.lines(found)))

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for name, label in LABELS.items():
            yield f"{shown(found[name])}  {label}"
            if name == "usable":
                for kind, count in found["usable_by_kind"].items():
                    yield f"{shown(count)}    {kind}"
        yield "stored under"
        for digest in found["digests"]:
            line = f"{shown(digest['tokens'])}  {digest_name(digest['version'])}"
            style = self.style.ERROR if digest["state"] in {"missing", "unknown"} else str
            yield style(f"{line}: {REMARKS[digest['state']]}")


def shown(count: int | None) -> str:
    return f"{'-' if count is None else count:>10}"
