"""Find the mistakes in the project's ``DRF_TOKEN_AUTH``, and the line to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.conf import settings

from .names import SETTING, hint_for
from .rules import kind_of
from .schema import RULES


class Problem(NamedTuple):
    """One mistake. ``id`` is the id of the check, without the app's label."""

    id: str
    message: str
    hint: str


def problems() -> Iterator[Problem]:
    """Yield a :class:`Problem` for each mistake in the setting. No message shows a pepper."""
    raw = getattr(settings, SETTING, {})
    if not isinstance(raw, Mapping):
        yield _not_a_dict(raw)
        return
    for name, value in raw.items():
        if name not in RULES:
            yield Problem("E002", f"{SETTING} has no setting {name!r}.", hint_for(name))
        elif fault := RULES[name].fault(value):
            message = f"{SETTING}[{name!r}]{fault.entry} must be {fault.wanted}, but it is "
            line = f'Write {SETTING} = {{"{name}": {RULES[name].example}}}'
            hint = f"{line}, or leave {name} out for the default."
            if fault.meant:
                hint = f"Did you mean {fault.meant}?"
            yield Problem("E003", f"{message}{fault.shown}.", hint)
    yield from _unknown_pepper(raw)


def _not_a_dict(raw: object) -> Problem:
    # The value may hold peppers, so only its type is shown.
    message = f"{SETTING} must be a dict, but it is {kind_of(raw)}."
    if isinstance(raw, tuple) and any(isinstance(one, Mapping) for one in raw):
        return Problem("E001", message, "Delete the comma after the closing brace.")
    hint = f'Write {SETTING} = {{"TTL": timedelta(days=14)}}, or delete the line.'
    return Problem("E001", message, hint)


def _unknown_pepper(raw: Mapping[Any, Any]) -> Iterator[Problem]:
    id_, peppers = raw.get("PEPPER"), raw.get("PEPPERS", {})
    is_readable = RULES["PEPPER"].fault(id_) is None and RULES["PEPPERS"].fault(peppers) is None
    if id_ is not None and is_readable and id_ not in peppers:
        yield Problem(
            "E003",
            f"{SETTING}['PEPPER'] is {id_}, but {SETTING}['PEPPERS'] has no pepper {id_}.",
            f'Write {SETTING} = {{"PEPPERS": {{{id_}: "…"}}, "PEPPER": {id_}}}.',
        )
