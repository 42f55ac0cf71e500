"""The views. They carry the request; the rules are in :mod:`drf_token_auth.operations`.

All run outside ``ATOMIC_REQUESTS``: DRF rolls a view's transaction back on any API exception, and
what they write must survive. Each has small hooks and can be subclassed.
"""

from __future__ import annotations

from .login import LoginView, LogoutAllView, LogoutOthersView, LogoutView
from .tokens import (
    CurrentTokenView,
    RevokeView,
    RotateView,
    TokenDetailView,
    TokenListView,
)

# By DRF's names, for code of which only the module's path is changed.
ObtainAuthToken = LoginView
obtain_auth_token = LoginView.as_view()

__all__ = [
    "CurrentTokenView",
    "LoginView",
    "LogoutAllView",
    "LogoutOthersView",
    "LogoutView",
    "ObtainAuthToken",
    "RevokeView",
    "RotateView",
    "TokenDetailView",
    "TokenListView",
    "obtain_auth_token",
]
