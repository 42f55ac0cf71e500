"""What ``manage.py check`` says of a neighbour that would fail, or leave a door open, unnoticed.

None is imported for it: what the URLs serve is known by its name.
"""

from __future__ import annotations

from . import authenticators, axes, dj_rest_auth, djoser, ninja

__all__ = ["authenticators", "axes", "dj_rest_auth", "djoser", "ninja"]
