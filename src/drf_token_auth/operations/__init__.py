"""The operations on tokens: issue, replace, rotate, revoke and purge them, and change a password.

Views, the admin, commands and a project's own code call these functions. So the limits, the locks
and the signals are the same everywhere. Each function opens a transaction, and ``purge`` opens
many. Async code calls the functions with an ``a`` before the name, such as ``aissue``.
"""

from __future__ import annotations

from typing import Final

from asgiref.sync import sync_to_async

from ..purging import purge
from .issuing import DEFAULT, insert, issue, replace
from .password_change import change_password, changing_password, keep_through_change
from .revoking import revoke, revoke_all
from .rotating import rotate

__all__ = [
    "DEFAULT",
    "achange_password",
    "aissue",
    "apurge",
    "areplace",
    "arevoke",
    "arevoke_all",
    "arotate",
    "change_password",
    "changing_password",
    "insert",
    "issue",
    "keep_through_change",
    "purge",
    "replace",
    "revoke",
    "revoke_all",
    "rotate",
]

achange_password: Final = sync_to_async(change_password)
aissue: Final = sync_to_async(issue)
apurge: Final = sync_to_async(purge)
areplace: Final = sync_to_async(replace)
arotate: Final = sync_to_async(rotate)
arevoke: Final = sync_to_async(revoke)
arevoke_all: Final = sync_to_async(revoke_all)
