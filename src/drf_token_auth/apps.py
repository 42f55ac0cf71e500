from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from .conf.rest_framework import require_readable


class DRFTokenAuthConfig(AppConfig):
    name = "drf_token_auth"
    verbose_name = _("API tokens")
    default_auto_field = "django.db.models.BigAutoField"
    default = True
    # True if the package's admin registers the package's token model.
    registers_admin = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        # Check this before the models of any app are loaded. They may import DRF, whose own errors
        # for these mistakes do not say what to write.
        require_readable()
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        from . import checks, event_log  # noqa: F401 -- the import registers them
        from .importers import originals  # noqa: F401

        if apps.is_installed("allauth.account"):
            from .contrib import allauth_reauthentication  # noqa: F401
        if apps.is_installed("drf_spectacular"):
            from .contrib import spectacular  # noqa: F401


class WithoutAdminConfig(DRFTokenAuthConfig):
    """Use this in INSTALLED_APPS if the project registers its own admin of tokens, or none."""

    default = False
    registers_admin = False
