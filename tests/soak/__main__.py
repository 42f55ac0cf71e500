"""Serve a project for some minutes, use it in every way, and check every answer.

Do this once for each database. Wrong answers, answers of 5xx, and growing memory or connections
are errors.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from tests.soak.clients import BLUR, SHORTEST_TTL, Account, Client, Tally
from tests.soak.server import THREADS, WORKERS, Server, connections_of_server, database, serving

URLS = {
    "postgres": os.environ.get("POSTGRES_URL", "postgres://127.0.0.1:5432"),
    "mariadb": os.environ.get("MARIADB_URL", "mysql://root@127.0.0.1:3306"),
}
CLIENTS, ACCOUNTS = 30, 3
MOST_GROWTH = 1.15


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--database", choices=URLS, action="append", help="default: each of them")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    options = parser.parse_args()
    if "DATABASE_URL" in os.environ and os.environ.get("DJANGO_SETTINGS_MODULE") == SETTINGS:
        return soak(options.minutes, options.seed)
    results = []
    for name in options.database or URLS:
        print(f"{name}: {options.minutes:g} minutes, --seed {options.seed}", flush=True)
        url = f"{URLS[name]}/{os.environ.get('SOAK_NAME', 'dta_soak')}"
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": SETTINGS}
        command = [sys.executable, "-m", "tests.soak", *sys.argv[1:], "--seed", options.seed]
        results.append(subprocess.run(command, env=environment, check=False).returncode)
    return max(results)


SETTINGS = "tests.soak.settings"


def soak(minutes: float, seed: str) -> int:
    import django

    django.setup()
    with database() as name, serving(name) as server:
        tally = Tally()
        clients = [
            Client(server.url, [new_account() for _ in range(ACCOUNTS)], tally, f"{seed} {number}")
            for number in range(CLIENTS)
        ]
        until = time.time() + minutes * 60
        importing = threading.Lock()
        for client in clients:
            client.bring_in = lambda: bring_in(importing)
        threads = [threading.Thread(target=client.run, args=[until]) for client in clients]
        threads.append(threading.Thread(target=purge_until, args=[until, tally]))
        for thread in threads:
            thread.start()
        # After a third of the time, every code path has run and nothing should grow.
        time.sleep(minutes * 60 / 3)
        before = server.memory(), connections_of_server()
        for thread in threads:
            thread.join()
        after = server.memory(), settled_connections()
        compare_rows(clients, tally)
        return report(tally, before, after, server)


def settled_connections() -> int:
    """Return how many connections are left. A closed one may take a moment to disappear."""
    for _ in range(50):
        found = connections_of_server()
        if found <= WORKERS * THREADS:
            break
        time.sleep(0.2)
    return found


def new_account() -> Account:
    from django.contrib.auth import get_user_model

    account = Account(f"user-{secrets.token_hex(6)}", secrets.token_hex(8))
    get_user_model().objects.create_user(account.name, password=account.password)
    return account


def bring_in(lock: Any) -> tuple[str, str, str, Any]:
    """Import the token of a new user. Return the name, the password, the key and the id."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connections
    from rest_framework.authtoken.models import Token as OldToken

    from drf_token_auth import get_token_model

    with lock:
        try:
            account = new_account()
            user = get_user_model().objects.get(username=account.name)
            old = OldToken.objects.create(user=user)
            call_command("import_tokens", "authtoken", verbosity=0)
            token = get_token_model().objects.get(user=user)
        finally:
            connections.close_all()
    return account.name, account.password, old.key, token.pk


def purge_until(until: float, tally: Tally) -> None:
    """Add expired rows and purge. The purge must delete them all."""
    from django.contrib.auth import get_user_model
    from django.db import connections
    from django.utils import timezone

    from drf_token_auth import get_token_model, operations
    from tests.rows import store

    model: Any = get_token_model()
    user = get_user_model().objects.create_user("expired")
    try:
        while time.time() < until:
            past = timezone.now() - timedelta(days=1)
            rows = [
                model(user=user, expires_at=past - timedelta(seconds=n // 3)) for n in range(600)
            ]
            store(rows)
            deleted = operations.purge(batch_size=200)
            problem = "" if deleted >= len(rows) else f"{deleted} of {len(rows)} rows deleted"
            tally.add("purge", problem)
            time.sleep(1)
    except Exception as error:  # noqa: BLE001 -- it is reported
        tally.add("purge", repr(error))
    finally:
        connections.close_all()


def compare_rows(clients: list[Client], tally: Tally) -> None:
    """Check that the rows at the end are the tokens that the clients hold, and no others."""
    from drf_token_auth import get_token_model

    time.sleep(SHORTEST_TTL + BLUR)
    for client in clients:
        for account in client.accounts:
            mine: Any = get_token_model().objects.filter(user__username=account.name)
            found = set(mine.usable().values_list("pk", flat=True))
            now = time.time()
            held = {token.id for token in account.tokens if token.ends > now}
            tally.add("rows at the end", "" if found == held else f"{found} are not {held}")


def report(tally: Tally, before: tuple[int, int], after: tuple[int, int], server: Server) -> int:
    for what, count in sorted(tally.counts.items()):
        print(f"{count:>8,}  {what}")
    print(f"{sum(tally.counts.values()):>8,}  answers and checks, {len(tally.wrong)} wrong")
    print(f"memory {before[0] / 2**20:.0f} MiB, at the end {after[0] / 2**20:.0f} MiB")
    print(f"connections {before[1]}, at the end {after[1]}")
    problems = tally.wrong[:20]
    if after[0] > before[0] * MOST_GROWTH:
        problems.append("the memory of the server grows")
    if after[1] > WORKERS * THREADS:
        problems.append(f"the server has more than {WORKERS * THREADS} connections")
    for problem in problems:
        print(f"WRONG {problem}")
    if problems:
        # The clients reuse keys on purpose, so leave these lines out.
        lines = server.log.read_text().splitlines()
        print("\n".join([line for line in lines if not line.startswith("token reused:")][-60:]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
