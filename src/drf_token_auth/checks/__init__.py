"""What ``manage.py check`` says of a half-configured project, before its first request does.

Ids: ``drf_token_auth.E…`` stop the project, ``W…`` warn. Those about exposure run with
``check --deploy``.
"""

from __future__ import annotations

from . import project, scopes

__all__ = ["project", "scopes"]
