"""Log one WARNING that says why a request was refused, while DEBUG is on.

No message contains the key, or any other part of the header that could be a key.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import QueryDict

from ..conf import get_settings
from ..exceptions import (
    InactiveUser,
    MalformedKey,
    PasswordChanged,
    Refused,
    ReusedKey,
    TokenExpired,
    UnknownKey,
    WrongChecksum,
)
from ..keys import MAX_LENGTH, TAIL_LENGTH, looks_issued

logger = logging.getLogger("drf_token_auth")

_EXPLAINED = "_drf_token_auth_explained"
_QUOTES = frozenset("\"'`\u201c\u201d\u2018\u2019")
# Words that are safe to repeat. Any other word could be a key.
_KNOWN_WORDS = {"token", "bearer", "jwt", "basic", "digest", "apikey", "api-key"}

# Texts that people send in place of a key, and the answer to each. A generated key hardly ever
# matches.
_NO_KEYS = {
    r"(?i:.*(your[-_]?(key|token|api)|(key|token)[-_]?here|xxxx|\.\.\.$).*)": (
        "This is a placeholder. Write your own key in its place."
    ),
    # Clients send these if their variable is empty or was not replaced.
    r"(?i:undefined|null|none|nil|nan|true|false)|[$<{\[%].*": (
        "The client sent a placeholder in place of a key: its variable is empty or was not "
        "replaced."
    ),
    r".*\u2026.*": (
        "This is the printed label of a token, str(token), and not its key. The key is shown only "
        "once, when the token is made."
    ),
    r"\d+": "This is a number, such as the id of a token. Send the key.",
    r"eyJ[\w-]*\.[\w-]+\.[\w-]*": (
        "This is a JWT, which another package made. Log in again for a key of this package."
    ),
    r"[0-9a-f]{40}": (
        "This looks like a key of rest_framework.authtoken. Import those keys with manage.py "
        "import_tokens authtoken, or log in again."
    ),
    r"[0-9a-f]{64}": (
        "This looks like a key of django-rest-knox or durin. Import those keys with manage.py "
        "import_tokens knox or import_tokens durin, or log in again."
    ),
    f"(?i:{'|'.join(_KNOWN_WORDS)}) .*": (
        "The header has the word before the key twice. Write it once."
    ),
    r".* .*": "The header has too many parts. It is one word, a space and the key.",
    f".{{{MAX_LENGTH + 1},}}": f"No key is longer than {MAX_LENGTH} characters.",
}
_MAY_BE_A_MISTAKE = (MalformedKey, UnknownKey, WrongChecksum)
_REASONS: dict[type[Refused], str] = {
    MalformedKey: "The key contains characters that no key has. Copy the key again.",
    WrongChecksum: (
        "The key has a typing error or was not copied in full: its checksum is wrong. "
        "Copy the key again, or log in again."
    ),
    ReusedKey: (
        "The key was replaced by a rotation, and it is not in its grace. Use the newest key, or "
        "log in again."
    ),
    UnknownKey: (
        "No token has this key. Its token was revoked or purged, later rotations replaced the key, "
        "or it never existed in this database. Log in again."
    ),
    PasswordChanged: (
        "The user's password has changed since this token was bound to it. Log in again."
    ),
    TokenExpired: "The token has expired. Log in again.",
    InactiveUser: "The user is inactive or deleted. Set is_active to True to let the user in.",
}


def log_refusal(reason: Refused, credentials: str, request: Any) -> None:
    """Log why a key is refused: in words if ``settings.DEBUG``, otherwise the reason's class."""
    if not settings.DEBUG:
        logger.debug("a key is refused: %s", type(reason).__name__)
        return
    mistake = _mistake(credentials) if isinstance(reason, _MAY_BE_A_MISTAKE) else ""
    warn_once(mistake or _REASONS.get(type(reason), "The key is refused."), request)


def _mistake(credentials: str) -> str:
    """Return what is wrong with the text that was sent as the key, or an empty text."""
    try:
        text = credentials.encode("latin-1").decode()  # A server decodes the header as latin-1.
    except UnicodeError:
        text = credentials
    if not text:
        return "The key is missing: the header is the word alone. Write the key after it."
    if _QUOTES.intersection((text[0], text[-1])):
        return "The key is in quotes. Write it without them."
    prefix = get_settings().PREFIX
    length = len(prefix) + TAIL_LENGTH
    start = text.find(prefix)
    if (
        " " not in text
        and len(text) > length
        and looks_issued(text[start : start + length], prefix)
    ):
        return "The header has other characters right before or after the key. Write the key alone."
    if looks_issued(prefix + text, prefix):
        return f"The key lacks its beginning, {prefix}. Copy it in full."
    for pattern, said in _NO_KEYS.items():
        if re.fullmatch(pattern, text):
            return said
    return _REASONS[WrongChecksum] if start == 0 and len(text) < length else ""


def log_foreign_header(request: Any, scheme: str, credentials: str, words: Sequence[str]) -> None:
    """With DEBUG, warn about a header that seems to have our key, if no authenticator reads it."""
    if not settings.DEBUG:
        return
    prefix = get_settings().PREFIX
    if any(scheme.lower().startswith(f"{word.lower()}:") for word in words):
        text = "The header has a colon after its first word."
    elif prefix not in f"{scheme} {credentials}":
        return
    elif scheme[0] in _QUOTES:
        text = "The header is in quotes."
    elif scheme.lower() == "authorization:":
        text = "The value of the header begins with the name of the header."
    elif prefix in scheme:
        text = "The header has no word and space before the key."
    else:
        text = f"The header begins with {_named(scheme)}."
    warn_once(f'{text} Write "{words[0]} <key>".', request)


def log_missing_header(request: Any, scheme: str, words: Sequence[str]) -> None:
    """With DEBUG, warn about a 401 if the header is missing or no authenticator reads it."""
    if not settings.DEBUG:
        return
    value = f"{words[0]} <key>"
    if scheme:
        text = f'The Authorization header begins with {_named(scheme)}. Write "{value}".'
    elif any(name.upper() == "AUTHORIZATION" for name in request.META):
        text = (
            f'A test wrote the header without HTTP_. Write HTTP_AUTHORIZATION="{value}", or '
            f'headers={{"Authorization": "{value}"}}.'
        )
    elif place := _place_of_key(request):
        text = f'The key is in {place}. Send the header "Authorization: {value}".'
    elif SESSION_KEY in getattr(request, "session", ()):
        text = (
            f'No class of the view reads the session of the user. Send the header "Authorization: '
            f'{value}", or add SessionAuthentication to DEFAULT_AUTHENTICATION_CLASSES. In a test, '
            "write drf_token_auth.test.act_as(client, user) in place of force_login()."
        )
    else:
        text = (
            f'No Authorization header arrived. Send "Authorization: {value}". If the client does '
            "send it, a proxy or server removes it: for mod_wsgi set WSGIPassAuthorization On."
        )
    warn_once(text, request)


def _place_of_key(request: Any) -> str:
    """Return where else the request has one of our keys, or an empty text."""
    prefix = get_settings().PREFIX
    if prefix in request.META.get("QUERY_STRING", ""):
        return "the query string"
    for name, value in request.META.items():
        # The key may follow a word, as in "Authentication: Token <key>".
        if name.startswith("HTTP_") and str(value).rpartition(" ")[2].startswith(prefix):
            return f"the header {name.removeprefix('HTTP_').replace('_', '-').title()}"
    return "a cookie" if prefix in request.META.get("HTTP_COOKIE", "") else ""


def log_json_as_form(request: Any) -> None:
    """With DEBUG, warn about JSON that was sent as a form, as curl does without a Content-Type."""
    is_form = isinstance(request.data, QueryDict)
    # Django reads the whole JSON text as the name of one field.
    if settings.DEBUG and is_form and any(name.lstrip().startswith("{") for name in request.data):
        warn_once(
            "The body is JSON, but its Content-Type is that of a form. Send the header "
            '"Content-Type: application/json".',
            request,
        )


def _named(scheme: str) -> str:
    return f'the word "{scheme}"' if scheme.lower() in _KNOWN_WORDS else "another word"


def warn_once(text: str, request: Any) -> None:
    """Log at most one WARNING per request: the first text, because it is the most precise."""
    if request is not None:
        if getattr(request, _EXPLAINED, False):
            return
        setattr(request, _EXPLAINED, True)
    # A path can contain a line break, which would forge another line (OWASP ASVS 16.4.1).
    path = getattr(request, "path", "").encode("unicode_escape").decode()
    logger.warning("Refused %s: %s", path or "a key", text)
