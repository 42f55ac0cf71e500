"""The bodies of requests and answers.

The class names begin with ``Token`` because component names in a schema must be unique. Other
packages also have a ``LoginSerializer``.
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
