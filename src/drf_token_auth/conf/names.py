"""Guess which setting a project meant by a name that we do not know."""

from __future__ import annotations

import difflib
import re

from .schema import RULES

SETTING = "DRF_TOKEN_AUTH"
TOKEN_MODEL_SETTING = "DRF_TOKEN_AUTH_TOKEN_MODEL"

# Names that django-rest-knox, durin, simplejwt, DRF and common snippets use, and our name for the
# same setting. The names of lifetimes are found by a pattern.
_FOREIGN = {
    "TTL": "ABSOLUTE_TIMEOUT",
    "IDLE_TIMEOUT": "AUTO_REFRESH SLIDING_TOKEN_LIFETIME INACTIVITY_TIMEOUT SLIDING_EXPIRATION",
    "LAST_USED_INTERVAL": "MIN_REFRESH_INTERVAL",
    "MAX_TOKENS_PER_USER": "TOKEN_LIMIT_PER_USER TOKEN_LIMIT MAX_TOKENS",
    "ROTATION_GRACE": "BLACKLIST_AFTER_ROTATION GRACE_PERIOD ROTATE_GRACE_PERIOD",
    "PASSWORD_BOUND": "CHECK_REVOKE_TOKEN LOGOUT_ON_PASSWORD_CHANGE REVOKE_ON_PASSWORD_CHANGE",
    "PREFIX": "TOKEN_PREFIX",
    "PEPPERS": "SECRET SALT",
    "LOGIN_RATES": "DEFAULT_THROTTLE_RATES THROTTLE_RATES LOGIN_THROTTLE_RATES",
}
# Names that do not belong in our dict, and the whole hint for each.
_ELSEWHERE = {
    "AUTH_HEADER_PREFIX AUTH_HEADER_TYPES HEADER_PREFIX KEYWORD": (
        "The word in the Authorization header is an attribute of the authenticator. Use "
        "drf_token_auth.authentication.BearerTokenAuthentication, or subclass "
        'ExpiringTokenAuthentication and write keyword = "…".'
    ),
    "AUTH_HEADER AUTH_HEADER_NAME HEADER HEADER_NAME": (
        "The authenticator reads the header. Subclass ExpiringTokenAuthentication and override "
        "get_credentials(request)."
    ),
    "DATETIME_FORMAT EXPIRY_DATETIME_FORMAT": (
        'Dates follow DRF: write REST_FRAMEWORK = {"DATETIME_FORMAT": "…"}.'
    ),
    "DEFAULT_AUTHENTICATION_CLASSES": "Write it into the dict REST_FRAMEWORK.",
    "MODEL TOKEN_MODEL": f'Write it outside the dict: {TOKEN_MODEL_SETTING} = "accounts.ApiToken".',
}
_HINTS = {name: hint for names, hint in _ELSEWHERE.items() for name in names.split()}
_OURS = {name: ours for ours, names in _FOREIGN.items() for name in names.split()}
_OURS |= {name: name for name in RULES}
_LIFETIME = re.compile(
    r"(^|_)(TTL|LIFETIME|LIFESPAN|LIFE|EXPIR\w*|DURATION|VALIDITY|MAX_AGE|TOKEN_AGE)(_|$)"
)
# Names outside our dict, and the setting that each means. A similar name means the same setting.
_FLAT = {
    SETTING: SETTING,
    TOKEN_MODEL_SETTING: TOKEN_MODEL_SETTING,
    "DRF_AUTH_TOKEN": SETTING,
    "DRF_TOKEN_AUTHENTICATION": SETTING,
    "DRF_TOKEN_AUTH_MODEL": TOKEN_MODEL_SETTING,
}


def our_name(name: object) -> str | None:
    """Return the name of the setting that this name means, or None.

    The name may be misspelt, or come from another package or a tutorial.
    """
    upper = re.sub(r"[^A-Z0-9]+", "_", str(name).upper()).strip("_")
    if upper in _OURS:
        return _OURS[upper]
    if _LIFETIME.search(upper):
        return "PERSONAL_TTL" if "PERSONAL" in upper else "TTL"
    return next(iter(difflib.get_close_matches(upper, RULES, n=1, cutoff=0.8)), None)


def hint_for(name: object) -> str:
    """Return the hint for a name in our dict that we do not know."""
    hint, ours = _HINTS.get(str(name).upper()), our_name(name)
    if hint is not None:
        return hint
    return f"Did you mean {ours!r}?" if ours else f"Delete it. The settings are {', '.join(RULES)}."


def hint_for_flat(name: str) -> str | None:
    """Return the hint for a setting of the project that is nearly one of ours, or None.

    Other names that begin with ours are left alone. A project may have such settings.
    """
    inner = name.removeprefix(f"{SETTING}_")
    if inner != name and inner in RULES:
        return f'Write it into the dict: {SETTING} = {{"{inner}": …}}.'
    near = difflib.get_close_matches(name, _FLAT, n=1, cutoff=0.9)
    if not near or name in (SETTING, TOKEN_MODEL_SETTING):
        return None
    return f"Did you mean {_FLAT[near[0]]!r}?"
