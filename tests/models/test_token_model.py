"""get_token_model() returns the model that is installed now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_token_auth import get_token_model
from drf_token_auth.base_models import AbstractToken

UNINSTALLED = r"The token model is not installed|no such model is installed"


def test_the_token_model_of_a_removed_app_is_an_error() -> None:
    model = get_token_model()
    without = [app for app in settings.INSTALLED_APPS if app != model._meta.app_config.name]
    with override_settings(INSTALLED_APPS=without):
        with pytest.raises(ImproperlyConfigured, match=UNINSTALLED):
            get_token_model()
        with pytest.raises(ImproperlyConfigured, match=UNINSTALLED):
            get_token_model()
    assert get_token_model() is model


@pytest.fixture
def _registered_for_this_test() -> Iterator[None]:
    yield
    apps.all_models["early"].pop("oneoff", None)
    apps.clear_cache()


def one_off() -> Any:
    """Define a model of an installed app. A second call defines it again."""
    apps.all_models["early"].pop("oneoff", None)

    class OneOff(AbstractToken):
        class Meta:
            app_label = "early"

    return OneOff


@pytest.mark.usefixtures("_registered_for_this_test")
def test_a_model_that_is_defined_again_replaces_the_first() -> None:
    first = one_off()
    with override_settings(DRF_TOKEN_AUTH_TOKEN_MODEL="early.OneOff"):
        assert get_token_model() is first
        second = one_off()
        assert second is not first
        assert get_token_model() is second
