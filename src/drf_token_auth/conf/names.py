"""Guess which setting a project meant by a name that we do not know."""

from __future__ import annotations

import difflib
import re

__all__ = ["TOKEN_MODEL_SETTING", "hint_for", "hint_for_flat"]

SETTING = "DRF_TOKEN_AUTH"
TOKEN_MODEL_SETTING = "DRF_TOKEN_AUTH_TOKEN_MODEL"

_KEYWORD = (
    "The word in the Authorization header is an attribute of the authenticator. Use "
    "drf_token_auth.authentication.BearerTokenAuthentication, or subclass "
    'ExpiringTokenAuthentication and write keyword = "…".'
)
_HEADER = (
    "The authenticator reads the header. Subclass ExpiringTokenAuthentication and override "
    "get_credentials(request)."
)
_DATES = 'Dates follow DRF: write REST_FRAMEWORK = {"DATETIME_FORMAT": "…"}.'
_MODEL = f'Write it outside the dict: {TOKEN_MODEL_SETTING} = "accounts.ApiToken".'

# Names that django-rest-knox, simplejwt, durin, DRF and common snippets use, and our name for the
# same setting. A text with a space is the whole hint.
_FOREIGN = {
    # django-rest-knox and durin
    "TOKEN_TTL": "TTL",
    "DEFAULT_TOKEN_TTL": "TTL",
    "TOKEN_LIMIT_PER_USER": "MAX_TOKENS_PER_USER",
    "AUTO_REFRESH": "IDLE_TIMEOUT",
    "AUTO_REFRESH_MAX_TTL": "TTL",
    "MIN_REFRESH_INTERVAL": "LAST_USED_INTERVAL",
    "TOKEN_PREFIX": "PREFIX",
    "AUTH_HEADER_PREFIX": _KEYWORD,
    "EXPIRY_DATETIME_FORMAT": _DATES,
    "TOKEN_MODEL": _MODEL,
    # simplejwt
    "ACCESS_TOKEN_LIFETIME": "TTL",
    "REFRESH_TOKEN_LIFETIME": "TTL",
    "SLIDING_TOKEN_LIFETIME": "IDLE_TIMEOUT",
    "SLIDING_TOKEN_REFRESH_LIFETIME": "TTL",
    "BLACKLIST_AFTER_ROTATION": "ROTATION_GRACE",
    "CHECK_REVOKE_TOKEN": "PASSWORD_BOUND",
    "AUTH_HEADER_TYPES": _KEYWORD,
    "AUTH_HEADER_NAME": _HEADER,
    # DRF and snippets
    "DEFAULT_THROTTLE_RATES": "LOGIN_RATES",
    "THROTTLE_RATES": "LOGIN_RATES",
    "THROTTLE_RATE": "LOGIN_RATES",
    "LOGIN_RATE": "LOGIN_RATES",
    "LOGIN_THROTTLE_RATE": "LOGIN_RATES",
    "DEFAULT_AUTHENTICATION_CLASSES": "Write it into the dict REST_FRAMEWORK.",
    "DATETIME_FORMAT": _DATES,
    "KEYWORD": _KEYWORD,
    "HEADER_PREFIX": _KEYWORD,
    "HEADER": _HEADER,
    "HEADER_NAME": _HEADER,
    "AUTH_HEADER": _HEADER,
    "MODEL": _MODEL,
    "MAX_TOKENS": "MAX_TOKENS_PER_USER",
    "TOKEN_LIMIT": "MAX_TOKENS_PER_USER",
    "ABSOLUTE_TIMEOUT": "TTL",
    "INACTIVITY_TIMEOUT": "IDLE_TIMEOUT",
    "SLIDING_EXPIRATION": "IDLE_TIMEOUT",
    "GRACE_PERIOD": "ROTATION_GRACE",
    "ROTATE_GRACE_PERIOD": "ROTATION_GRACE",
    "LOGOUT_ON_PASSWORD_CHANGE": "PASSWORD_BOUND",
    "REVOKE_ON_PASSWORD_CHANGE": "PASSWORD_BOUND",
    "SECRET": "PEPPERS",
    "SALT": "PEPPERS",
}
# A name that the first pattern finds, and the second does not, is about the lifetime of a token.
_LIFETIME = re.compile(
    r"(^|_)(TTL|LIFETIME|LIFESPAN|LIFE|EXPIR\w*|DURATION|VALIDITY|MAX_AGE|TOKEN_AGE)(_|$)"
)
_NOT_LIFETIME = re.compile(r"CACHE|FORMAT|COOKIE|CALLBACK|HANDLER|CODE|OTP|RESET|EMAIL")
_TYPO = 0.8
# Comparing each of Django's 180 settings would take longer than all other checks.
_MAY_BE_MEANT = re.compile("TOK|AUTH")


def _meant(name: str, known: list[str]) -> str | None:
    """Return our name, or a whole hint, or None if nothing is near."""
    upper = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    if upper in known:
        return upper
    if upper in _FOREIGN:
        return _FOREIGN[upper]
    near = difflib.get_close_matches(upper, known, n=1, cutoff=_TYPO)
    if near:
        return near[0]
    begun = [one for one in known if one.startswith(f"{upper}_")]
    if len(begun) == 1:
        return begun[0]
    is_lifetime = _LIFETIME.search(upper) and not _NOT_LIFETIME.search(upper)
    if is_lifetime:
        return "PERSONAL_TTL" if "PERSONAL" in upper else "TTL"
    foreign = difflib.get_close_matches(upper, _FOREIGN, n=1, cutoff=0.9)
    return _FOREIGN[foreign[0]] if foreign else None


def hint_for(name: object, known: list[str]) -> str:
    """Return the hint for a name in our dict that we do not know."""
    meant = _meant(name, known) if isinstance(name, str) else None
    if meant is not None:
        return meant if " " in meant else f"Did you mean {meant!r}?"
    return f"Delete it. The settings are {', '.join(known)}."


def hint_for_flat(name: str, known: list[str]) -> str | None:
    """Return the hint for a setting of the project that is nearly one of ours, or None.

    A project may have settings of its own that begin with our name.
    """
    if name in (SETTING, TOKEN_MODEL_SETTING) or not _MAY_BE_MEANT.search(name):
        return None
    inner = name.removeprefix(f"{SETTING}_")
    if inner != name and inner in known:
        return f'Write it into the dict: {SETTING} = {{"{inner}": …}}.'
    if inner == "MODEL" or difflib.get_close_matches(name, [TOKEN_MODEL_SETTING], cutoff=0.9):
        return f"Did you mean {TOKEN_MODEL_SETTING!r}?"
    words = sorted(re.sub("AUTHENTICATION$", "AUTH", name).split("_"))
    is_near = difflib.get_close_matches(name, [SETTING], cutoff=0.9)
    if is_near or words == sorted(SETTING.split("_")):
        return f"Did you mean {SETTING!r}?"
    return None
