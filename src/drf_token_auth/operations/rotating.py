"""Give a token a new key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import router
from django.utils import timezone

from .. import keys, signals
from ..base_models import AbstractToken
from ..conf import get_settings
from ..fields import auto_now_columns
from ..rows.pickling import KEY_COLUMNS
from .arguments import require_token
from .locked import locked_presented


def rotate(token: AbstractToken, *, request: Any = None, actor: Any = None) -> AbstractToken:
    """Give the token a new key. The previous key keeps working for ``ROTATION_GRACE``.

    A client that lost the response can rotate again with the previous key while this key works. The
    second new key replaces the first one. A later request with the first new key is reported as
    reuse (RFC 9700 4.14).

    :param token: usually ``request.auth``.
    :param request, actor: for ``token_rotated``. The actor is the token's user, unless you name
        another.
    :returns: the row, with its new ``.key``.
    :raises TypeError: ``token`` is not a token, but for example a key or None.
    :raises Refused: the token has expired or was revoked, its key was replaced and is not in its
        grace, or its user was deactivated or has a new password.
    """
    require_token("rotate", token)
    model = type(token)
    with locked_presented(token) as row:
        using = router.db_for_write(model, instance=row)
        if keys.is_one_of(row.digest, row.presented_digests):
            row.previous_digest = row.digest
            row.previous_until = timezone.now() + (get_settings().ROTATION_GRACE or timedelta(0))
        row.key = keys.in_family(model.generate_key(), row.key_family)
        row.key_family = keys.family(row.key)
        row.presented_digests = ()
        signals.leaving.send(model, tokens=[row], using=using)
        columns = [*KEY_COLUMNS, "hint", "previous_until", *auto_now_columns(model)]
        row.save(update_fields=columns)
        what = {"actor": actor or row.user, "request": request}
        signals.announce(signals.token_rotated, row, using=using, **what)
    return row
