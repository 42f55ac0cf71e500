"""Import what models of other apps may import before the user model is loaded."""

from __future__ import annotations

import drf_token_auth.authentication
import drf_token_auth.base_models
import drf_token_auth.fields
import drf_token_auth.operations
import drf_token_auth.permissions
import drf_token_auth.serializers
import drf_token_auth.test
import drf_token_auth.throttling
import drf_token_auth.views  # noqa: F401
