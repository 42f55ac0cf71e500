"""The views of the API. They handle requests. :mod:`drf_token_auth.operations` has the rules.

All views run outside ``ATOMIC_REQUESTS``, because their writes must survive an API exception. With
``ATOMIC_REQUESTS``, DRF would roll the writes back. A subclass of ``LoginView`` can override small
hooks. Their docstrings begin with "Hook:".
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

# DRF's names, so that a project only has to change the module in its imports.
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
