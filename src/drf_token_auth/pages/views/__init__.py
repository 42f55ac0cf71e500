from __future__ import annotations

from .base import IndexView, PageView
from .confirmed import ConfirmedView
from .details import DeviceView, TokenView
from .lists import DeviceListView, TokenListView
from .make import TokenNewView
from .new_key import TokenNewKeyView
from .one_key import OneKeyNewView, OneKeyRevokeView, OneKeyView
from .revoke import DeviceRevokeView, TokenRevokeView

__all__ = [
    "ConfirmedView",
    "DeviceListView",
    "DeviceRevokeView",
    "DeviceView",
    "IndexView",
    "OneKeyNewView",
    "OneKeyRevokeView",
    "OneKeyView",
    "PageView",
    "TokenListView",
    "TokenNewKeyView",
    "TokenNewView",
    "TokenRevokeView",
    "TokenView",
]
