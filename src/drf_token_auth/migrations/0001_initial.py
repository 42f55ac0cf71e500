from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import drf_token_auth.base_models
import drf_token_auth.fields
import drf_token_auth.keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(app_label)s_%(class)s_set",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        db_index=True,
                        default=drf_token_auth.base_models.default_expires_at,
                        help_text="Empty: never.",
                        null=True,
                        verbose_name="expires",
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        default=None, editable=False, null=True, verbose_name="last used"
                    ),
                ),
                (
                    "renewable_until",
                    models.DateTimeField(
                        default=None, editable=False, null=True, verbose_name="renewable until"
                    ),
                ),
                (
                    "idle_timeout",
                    models.DurationField(
                        default=None, editable=False, null=True, verbose_name="idle timeout"
                    ),
                ),
                ("previous_until", models.DateTimeField(default=None, editable=False, null=True)),
                (
                    "key_family",
                    models.BigIntegerField(db_index=True, default=None, editable=False, null=True),
                ),
                (
                    "digest",
                    drf_token_auth.fields.DigestField(
                        default=drf_token_auth.keys.unissued, unique=True
                    ),
                ),
                (
                    "previous_digest",
                    drf_token_auth.fields.DigestField(db_index=True, default=None, null=True),
                ),
                (
                    "hint",
                    models.CharField(
                        blank=True, default="", editable=False, max_length=8, verbose_name="hint"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("login", "login"), ("personal", "personal")],
                        default="login",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "user_stamp",
                    models.CharField(default=None, editable=False, max_length=12, null=True),
                ),
                (
                    "name",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="name"),
                ),
                (
                    "scopes",
                    drf_token_auth.fields.ScopesField(
                        blank=True,
                        default=None,
                        max_length=1000,
                        null=True,
                        verbose_name="scopes",
                    ),
                ),
            ],
            options={
                "verbose_name": "token",
                "verbose_name_plural": "tokens",
                "swappable": "DRF_TOKEN_AUTH_TOKEN_MODEL",
            },
        ),
    ]
