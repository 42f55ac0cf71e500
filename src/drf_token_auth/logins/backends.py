"""Tell which backends take part in a login."""

from __future__ import annotations

import inspect
from typing import Any


def takes_names(backend: Any) -> bool:
    """Return whether Django asks this backend at a login.

    Django skips a backend whose ``authenticate()`` takes other arguments.
    """
    try:
        inspect.signature(backend.authenticate).bind(None, username="", password="")
    except TypeError:
        return False
    return True
