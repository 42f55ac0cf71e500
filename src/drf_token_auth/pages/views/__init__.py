from __future__ import annotations

from .details import DeviceView, TokenView
from .lists import DeviceListView, TokenListView
from .make import TokenNewView
from .new_key import TokenNewKeyView
from .revoke import DeviceRevokeView, TokenRevokeView

__all__ = [
    "DeviceListView",
    "DeviceRevokeView",
    "DeviceView",
    "TokenListView",
    "TokenNewKeyView",
    "TokenNewView",
    "TokenRevokeView",
    "TokenView",
]
