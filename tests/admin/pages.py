"""Functions for the tests of the admin: URLs, the form that makes a token, and permissions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.urls import reverse

from drf_token_auth import get_token_model


def url(page: str, *args: Any) -> str:
    opts = get_token_model()._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


def add(client: Any, user: Any, **fields: Any) -> Any:
    data = {"user": user.pk, "kind": "personal", "name": "ci", "scopes": ""}
    data |= {"expires_at_0": "", "expires_at_1": ""}
    return client.post(url("add"), data | fields)


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def permit(user: Any, *acts: str) -> None:
    """Make the user a staff member with these permissions for tokens, such as "view"."""
    model = get_token_model()._meta.model_name
    codenames = [f"{act}_{model}" for act in acts]
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
