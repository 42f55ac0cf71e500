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
    # Whether the admin of the package registers the package's token model.
    registers_admin = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        # Before the models of any app are loaded: they may import DRF, which raises errors of its
        # own for these mistakes.
        require_readable()
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        from . import checks, event_log  # noqa: F401 -- registered by being imported
        from .importers import originals  # noqa: F401

        if apps.is_installed("allauth.account"):
            from .contrib import allauth_reauthentication  # noqa: F401
        if apps.is_installed("drf_spectacular"):
            from .contrib import spectacular  # noqa: F401


class WithoutAdminConfig(DRFTokenAuthConfig):
    """For INSTALLED_APPS of a project that registers its own admin of tokens, or none."""

    default = False
    registers_admin = False
