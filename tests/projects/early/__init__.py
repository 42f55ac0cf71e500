"""The first app in INSTALLED_APPS. It imports what a project may import before apps are loaded."""

from __future__ import annotations

import drf_token_auth
import drf_token_auth.conf
import drf_token_auth.exceptions
import drf_token_auth.keys
import drf_token_auth.scopes
import drf_token_auth.signals  # noqa: F401
