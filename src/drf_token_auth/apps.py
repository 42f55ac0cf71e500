from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import pre_save
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _

from .conf import prepare_label
from .conf.rest_framework import require_readable

# This package imports the module on the left if the app on the right is installed. When a module is
# imported, it connects its receivers, or registers its checks or its schema extensions. The core
# works without these modules.
CONNECTED = {
    "logs.events": "drf_token_auth",
    "logins.age": "drf_token_auth",
    "checks": "drf_token_auth",
    "importers.originals": "drf_token_auth",
    "contrib.allauth_reauthentication": "allauth.account",
    "contrib.spectacular": "drf_spectacular",
}


class DRFTokenAuthConfig(AppConfig):
    name = "drf_token_auth"
    verbose_name = _("API tokens")
    default_auto_field = "django.db.models.BigAutoField"
    default = True
    # True if the package registers an admin for its own token model.
    registers_admin = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        # Do both before Django loads the models of any app. A module of models may import DRF, and
        # DRF's own errors for a wrong REST_FRAMEWORK do not say what to write.
        require_readable()
        prepare_label()
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        from . import passwords

        pre_save.connect(passwords.follow_rehash)
        for module, app in CONNECTED.items():
            room = module.partition(".")[0]
            if apps.is_installed(app) and module_has_submodule(self.module, room):
                import_module(f"{self.name}.{module}")


class WithoutAdminConfig(DRFTokenAuthConfig):
    """Use this in INSTALLED_APPS if the project has its own admin of tokens, or wants no admin."""

    default = False
    registers_admin = False
