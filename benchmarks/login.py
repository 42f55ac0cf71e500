"""Time to log in with a password, with Django's default hasher and with one that is very fast."""

from __future__ import annotations

import argparse
import json
import random
from contextlib import ExitStack
from functools import partial
from typing import Any

from . import asking, databases, harness, packages
from .report import Report

DEFAULTS = {"rounds": 15}
QUICK = {"rounds": 3}

HASHERS = {
    "hasher left out": "django.contrib.auth.hashers.MD5PasswordHasher",
    "default hasher": "django.contrib.auth.hashers.PBKDF2PasswordHasher",
}
USERS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace) -> Report:
    report = Report(f"log in, {options.database}", vars(options))
    cases = {}
    with ExitStack() as stack:
        for label, package, settings in _variants(options.packages):
            database = stack.enter_context(databases.new(options.database))
            worker = stack.enter_context(harness.worker(package.name, database, settings=settings))
            worker.call(harness.migrate)
            for hasher, path in HASHERS.items():
                keys = worker.call(packages.fill, package, users=USERS)
                names = worker.call(set_passwords, path, [user_id for user_id, _ in keys])
                # Do not time the first login of a user: our package also revokes old tokens in it.
                worker.call(log_in, package, path, names, USERS)
                cases[f"{label}, {hasher}"] = partial(
                    worker.call, log_in, package, path, names, 2 if "default" in hasher else 10
                )
        samples = harness.rounds(cases, options.rounds)
    for hasher in HASHERS:
        for label, _, _ in _variants(options.packages)[1:]:
            report.compare(samples, f"drf-token-auth, {hasher}", f"{label}, {hasher}")
    report.add_samples(samples)
    return report


def _variants(
    chosen: list[packages.Package],
) -> list[tuple[str, packages.Package, dict[str, Any] | None]]:
    found = [(package.name, package, None) for package in chosen]
    for package in chosen:
        if package.name == "drf-token-auth":
            unthrottled = {"DRF_TOKEN_AUTH": {"LOGIN_RATES": None}}
            found.append(("drf-token-auth without LOGIN_RATES", package, unthrottled))
    return found


def set_passwords(hasher: str, user_ids: list[int]) -> list[str]:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=[hasher]):
        users = get_user_model().objects.filter(pk__in=user_ids)
        users.update(password=make_password(packages.PASSWORD))
        return list(users.values_list("username", flat=True))


def log_in(package: packages.Package, hasher: str, usernames: list[str], count: int) -> list[float]:
    from django.test import override_settings
    from rest_framework.test import APIRequestFactory

    view = package.login_view()

    def post(request: Any) -> None:
        response = view(request)
        if hasattr(response, "render"):
            response.render()
        if response.status_code >= 300:
            raise AssertionError(f"{package}: {response.status_code} {response.content!r}")

    chosen = random.sample(usernames, k=count)
    data = {"password": packages.PASSWORD, **package.login_data}
    asked = [
        APIRequestFactory().post(
            "/login/",
            json.dumps({"username": username, **data}),
            content_type="application/json",
            **asking.HEADERS,
        )
        for username in chosen
    ]
    with override_settings(PASSWORD_HASHERS=[hasher]):
        return harness.timed(post, asked)
