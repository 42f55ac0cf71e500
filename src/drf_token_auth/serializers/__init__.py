"""The bodies that the views take and answer.

The class names begin with ``Token`` because a schema has one component of each name, and other
packages have a ``LoginSerializer`` too.
"""

from __future__ import annotations

from .login import AuthTokenSerializer, LoginSerializer, TokenLoginSerializer
from .requests import (
    TokenLogoutSerializer,
    TokenNameSerializer,
    TokenNothingSerializer,
    TokenPersonalSerializer,
    TokenRevokeSerializer,
)
from .tokens import TokenDetailSerializer, TokenIssuedSerializer, TokenLoggedInSerializer

__all__ = [
    "AuthTokenSerializer",
    "LoginSerializer",
    "TokenDetailSerializer",
    "TokenIssuedSerializer",
    "TokenLoggedInSerializer",
    "TokenLoginSerializer",
    "TokenLogoutSerializer",
    "TokenNameSerializer",
    "TokenNothingSerializer",
    "TokenPersonalSerializer",
    "TokenRevokeSerializer",
]
