"""Find the digest versions in the token table. Check them before you remove a pepper."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .. import keys
from ..conf import Settings, get_settings

if TYPE_CHECKING:
    from ..base_models import AbstractToken

logger = logging.getLogger("drf_token_auth")


def _digests_of(version: int) -> tuple[bytes, bytes]:
    """Return the smallest and the largest digest that begin with this version byte."""
    size = keys.DIGEST_SIZE - 1
    return bytes([version]) + b"\x00" * size, bytes([version]) + b"\xff" * size


def stored_versions(model: type[AbstractToken], *, using: str) -> list[int]:
    """Return the version bytes in the table, in ascending order.

    Each version costs one query, which reads one entry of the index on ``digest``. One more query
    finds the end.
    """
    digests = model._base_manager.using(using).order_by("digest").values_list("digest", flat=True)
    found: list[int] = []
    smallest = digests.first()
    while smallest is not None:
        found.append(bytes(smallest)[0])
        _, largest = _digests_of(found[-1])
        smallest = digests.filter(digest__gt=largest).first()
    return found


def count_by_version(model: type[AbstractToken], *, using: str) -> dict[int, int]:
    """Return how many tokens have each version byte: a dict of versions to counts."""
    tokens = model._base_manager.using(using)
    return {
        version: tokens.filter(digest__range=_digests_of(version)).count()
        for version in stored_versions(model, using=using)
    }


# A change of DRF_TOKEN_AUTH replaces the settings object. Query the table once for each object.
_looked_at: tuple[Settings | None, list[int]] = (None, [])


def warn_of_missing(model: type[AbstractToken], *, using: str) -> None:
    """Log an error for each pepper that rows need and that ``PEPPERS`` no longer has.

    Without this log, a pepper that was removed too early looks like a flood of unknown keys.
    """
    global _looked_at  # noqa: PLW0603 -- query once in each process, not for each unknown key
    conf = get_settings()
    if _looked_at[0] is not conf:
        needed = [v for v in stored_versions(model, using=using) if 1 <= v <= 127]
        _looked_at = (conf, [id_ for id_ in needed if id_ not in conf.PEPPERS])
    for id_ in _looked_at[1]:
        logger.error("a key was refused. Tokens need pepper %d, but it is not in PEPPERS", id_)
