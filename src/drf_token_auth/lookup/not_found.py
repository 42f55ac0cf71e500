"""Say in the console why ``from_key()`` found no token, while DEBUG is on."""

from __future__ import annotations

import logging

from django.conf import settings

logger = logging.getLogger("drf_token_auth")


def warn_of_more_than_a_key(text: object) -> None:
    """With DEBUG, warn about a header, a label or a line in place of a key. Do not show it."""
    if not settings.DEBUG or not isinstance(text, str) or not text:
        return
    if text.split() != [text] or text[0] in "\"'":
        logger.warning(
            "from_key() found no token. Pass the key alone, without the word before it and without "
            "spaces or quotes."
        )
