from __future__ import annotations

from importlib.util import find_spec

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("dj-rest-auth", globals())

if find_spec("dj_rest_auth.mfa.urls"):  # dj-rest-auth 7.1 has an empty dj_rest_auth.mfa
    INSTALLED_APPS += ["dj_rest_auth.mfa"]
