"""List what a project still has to change before it can remove an old token package.

The finders read the running project: its settings, URLs, models, receivers, migrations and
fixtures. They do not see code that only uses a token. The guides have commands that search for it.
"""

from __future__ import annotations

from ...importers.sources import Source
from . import project, requests
from .common import Leftover

__all__ = ["Leftover", "leftovers", "listed"]

_FINDERS = (
    requests.authenticators,
    requests.views,
    requests.settings_of_the_old_package,
    project.foreign_keys,
    project.subclasses,
    project.migrations,
    project.receivers,
    project.admins,
    project.fixtures,
)


def leftovers(source: Source) -> list[Leftover]:
    """Return the leftovers, in the order in which a person would change them."""
    return list(dict.fromkeys(found for finder in _FINDERS for found in finder(source)))


def listed(found: list[Leftover], app: str) -> str:
    """Return the leftovers as text for a terminal."""
    if not found:
        return f"Nothing that Django can see uses {app!r}. Search your code as the guide says."
    lines = [f"Left to change before you remove {app!r}:"]
    for one in found:
        lines += ["", f"* {one.where}", *(f"    {line}" for line in one.write.splitlines())]
    return "\n".join(lines)
