"""Clients that know what each answer must be.

A client has accounts of its own, and no other client logs them in or out. So it knows which of
their tokens work. Other threads share the tables, the locks and the server with it.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

GRACE = 4.0
# Near the moment when a key stops working, both answers are right.
BLUR = 1.0
PARALLEL = 3
SHORTEST_TTL = 3


@dataclass
class Held:
    """A token that a client holds. Moments are seconds since the epoch."""

    key: str
    id: Any
    kind: str = "login"
    ends: float = float("inf")


@dataclass
class Account:
    name: str
    password: str
    tokens: list[Held] = field(default_factory=list)
    # Keys that no longer work, each with the moment at which it stopped working.
    dead: list[tuple[str, float]] = field(default_factory=list)

    def end(self, *ended: Held) -> None:
        for token in ended:
            self.tokens.remove(token)
            self.dead.append((token.key, time.time()))
        del self.dead[:-20]


class Tally:
    """The answers and checks of all clients: how many there were, and which were wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def add(self, what: str, problem: str = "") -> None:
        with self._lock:
            self.counts[what] += 1
            if problem:
                self.wrong.append(f"{what}: {problem}")


class Client:
    def __init__(self, url: str, accounts: list[Account], tally: Tally, seed: str) -> None:
        self.url, self.accounts, self.tally = url, accounts, tally
        self.random = random.Random(seed)
        self.http = requests.Session()
        self.others = [requests.Session() for _ in range(PARALLEL)]
        self.bring_in: Callable[[], tuple[str, str, str, Any]] | None = None

    def run(self, until: float) -> None:
        actions = [action for action, weight in ACTIONS.items() for _ in range(weight)]
        with ThreadPoolExecutor(PARALLEL) as self.pool:
            while time.time() < until:
                account = self.random.choice(self.accounts)
                action = self.random.choice(actions)
                try:
                    action(self, account)
                except Exception as error:  # noqa: BLE001 -- it is reported, and the others go on
                    self.tally.add(action.__name__, repr(error))

    def send(
        self, method: str, path: str, key: str = "", http: Any = None, **data: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Token {key}"} if key else {}
        session, sent = http or self.http, time.time()
        answer = session.request(method, self.url + path, headers=headers, json=data, timeout=60)
        # Under load an answer may take seconds. The server decided between these two moments.
        answer.between = sent, time.time()  # type: ignore[attr-defined]
        return answer

    def check(self, what: str, answer: requests.Response, *right: int) -> requests.Response:
        is_right = answer.status_code in right
        problem = "" if is_right else f"{answer.status_code} is not in {right}: {answer.text[:300]}"
        self.tally.add(what, problem)
        return answer

    def login_token(self, account: Account) -> Held:
        """Return a login token of the account. Log in if it has none."""
        found = [token for token in account.tokens if token.kind == "login"]
        return self.random.choice(found) if found else log_in(self, account)

    def must_answer(self, account: Account, token: Held, answer: requests.Response) -> None:
        self.check("call", answer, *right_until(token.ends, answer))
        if answer.status_code == 200 and answer.json() != {"user": account.name, "token": token.id}:
            self.tally.add("call", f"another's answer: {answer.text}")


def right_until(
    end: float, answer: requests.Response, at_last: float | None = None
) -> tuple[int, ...]:
    """Return the right statuses for a key. It works until ``end``, and never after ``at_last``."""
    first, last = answer.between  # type: ignore[attr-defined]
    late = first > (at_last or end) + BLUR
    return (200,) if last < end - BLUR else (401,) if late else (200, 401)


def log_in(client: Client, account: Account) -> Held:
    credentials = {"username": account.name, "password": account.password}
    answer = client.check("login", client.send("POST", "/auth/login/", **credentials), 200).json()
    token = Held(answer["token"], answer["id"])
    account.tokens.append(token)
    return token


def call(client: Client, account: Account) -> None:
    if account.tokens:
        token = client.random.choice(account.tokens)
        client.must_answer(account, token, client.send("GET", "/who/", token.key))
        if token.ends < time.time() - BLUR:
            account.end(token)


def call_with_dead_key(client: Client, account: Account) -> None:
    for key, since in account.dead[-3:]:
        if time.time() > since + BLUR:
            client.check("dead key", client.send("GET", "/who/", key), 401)


def call_in_parallel(client: Client, account: Account) -> None:
    token = client.login_token(account)
    jobs = [
        client.pool.submit(client.send, "GET", "/who/", token.key, http) for http in client.others
    ]
    for job in jobs:
        client.must_answer(account, token, job.result())


def log_out(client: Client, account: Account) -> None:
    """A call during the logout may succeed or fail. A call after it is refused."""
    token = client.login_token(account)
    job = client.pool.submit(client.send, "GET", "/who/", token.key, client.others[0])
    client.check("logout", client.send("POST", "/auth/logout/", token.key), 204)
    client.check("call beside a logout", job.result(), 200, 401)
    account.end(token)
    client.check("dead key", client.send("GET", "/who/", token.key), 401)


def log_out_all(client: Client, account: Account) -> None:
    token = client.login_token(account)
    client.check("logout all", client.send("POST", "/auth/logout/all/", token.key), 204)
    account.end(*[one for one in account.tokens if one.kind == "login"])
    client.check("dead key", client.send("GET", "/who/", token.key), 401)


def log_out_others(client: Client, account: Account) -> None:
    """Log out all other devices. This also keeps the number of tokens small."""
    token = client.login_token(account)
    client.check("logout others", client.send("POST", "/auth/logout/others/", token.key), 204)
    account.end(*[one for one in account.tokens if one.kind == "login" and one is not token])


def rotate(client: Client, account: Account) -> None:
    """Rotate. Within its grace, the previous key works and can rotate again."""
    token, began = client.login_token(account), time.time()
    old = token.key
    answer = client.check("rotate", client.send("POST", "/auth/token/rotate/", old), 200)
    token.key = answer.json()["token"]
    again = client.send("GET", "/who/", old)
    client.check("old key", again, *right_until(began + GRACE, again, time.time() + GRACE))
    if client.random.random() < 0.3:
        lost, again = token.key, client.send("POST", "/auth/token/rotate/", old)
        client.check("rotate again", again, *right_until(began + GRACE, again, time.time() + GRACE))
        if again.status_code == 200:
            token.key = again.json()["token"]
            client.check("lost key", client.send("GET", "/who/", lost), 401)
    account.dead.append((old, time.time() + GRACE))
    client.must_answer(account, token, client.send("GET", "/who/", token.key))


def change_password(client: Client, account: Account) -> None:
    token = client.login_token(account)
    before, account.password = account.password, secrets.token_hex(8)
    answer = client.send("POST", "/password/", token.key, password=account.password)
    client.check("password change", answer, 200)
    account.end(*[one for one in account.tokens if one.kind == "login" and one is not token])
    stale = client.send("POST", "/auth/login/", username=account.name, password=before)
    client.check("login with the old password", stale, 400)
    client.must_answer(account, token, client.send("GET", "/who/", token.key))


def make_personal_token(client: Client, account: Account) -> None:
    if len(account.tokens) > 15:
        return
    token, ttl = client.login_token(account), client.random.choice([SHORTEST_TTL, 3600])
    answer = client.send("POST", "/auth/tokens/", token.key, name="soak", ttl=ttl)
    made = client.check("personal token", answer, 201).json()
    ends = datetime.fromisoformat(made["expires_at"].replace("Z", "+00:00")).timestamp()
    sent, answered = answer.between  # type: ignore[attr-defined]
    is_right = sent + ttl <= ends <= answered + ttl
    client.tally.add("expiry", "" if is_right else f"{ends} for {ttl} seconds from {sent}")
    account.tokens.append(Held(made["token"], made["id"], "personal", ends))


def revoke(client: Client, account: Account) -> None:
    token = client.login_token(account)
    client.check("revoke", client.send("POST", "/auth/revoke/", token=token.key), 200)
    account.end(token)


def delete_one(client: Client, account: Account) -> None:
    token = client.login_token(account)
    other = client.random.choice(account.tokens)
    if other.ends > time.time() + BLUR:
        answer = client.send("DELETE", f"/auth/tokens/{other.id}/", token.key)
        is_early = answer.between[1] < other.ends  # type: ignore[attr-defined]
        client.check("delete", answer, *([204] if is_early else [204, 404]))
        account.end(other)


def list_tokens(client: Client, account: Account) -> None:
    token = client.login_token(account)
    answer = client.send("GET", "/auth/tokens/?page_size=200", token.key)
    found = {one["id"] for one in client.check("list", answer, 200).json()["results"]}
    sent, answered = answer.between  # type: ignore[attr-defined]
    least = {one.id for one in account.tokens if one.ends > answered + BLUR}
    most = {one.id for one in account.tokens if one.ends > sent - BLUR}
    problem = "" if least <= found <= most else f"{found} is not between {least} and {most}"
    client.tally.add("list", problem)


def send_nonsense(client: Client, account: Account) -> None:
    unknown = "dta_" + secrets.token_hex(18)
    for key in (unknown, "nonsense", secrets.token_hex(20)):
        client.check("nonsense", client.send("GET", "/who/", key), 401)
    wrong = client.send("POST", "/auth/login/", username=account.name, password="wrong")
    client.check("wrong password", wrong, 400)


def import_token(client: Client, account: Account) -> None:
    """Import the token of a user of rest_framework.authtoken. The key must still work."""
    assert client.bring_in is not None
    name, password, key, token_id = client.bring_in()
    brought = Account(name, password, [Held(key, token_id)])
    client.tally.add("import")
    client.must_answer(brought, brought.tokens[0], client.send("GET", "/who/", key))
    client.accounts = [*client.accounts[-3:], brought]


ACTIONS: dict[Callable[[Client, Account], Any], int] = {
    call: 40,
    log_in: 12,
    call_in_parallel: 5,
    call_with_dead_key: 6,
    rotate: 8,
    log_out: 5,
    log_out_all: 2,
    log_out_others: 3,
    change_password: 4,
    make_personal_token: 4,
    revoke: 3,
    delete_one: 3,
    list_tokens: 5,
    send_nonsense: 3,
    import_token: 1,
}
