from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "drf_token_auth.pages"
    label = "drf_token_auth_pages"
    verbose_name = _("Devices and API tokens")

    def ready(self) -> None:
        from . import checks  # noqa: F401 -- the import registers them
