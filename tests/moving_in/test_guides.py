"""Follow the guides of docs/moving-in step by step, with clients that stay logged in.

On the path that does not stop the site, several releases of its code run at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.moving_in.sites import PASSWORD, Browser, Release, Server, Site, basic

STAYING = ["ada", "bob", "cleo"]
OTHERS = ["dan", "eve", "fay", "gus", "hal", "ida", "jim", "kim", "lee"]


def log_in(server: Server, source: str, name: str) -> str:
    """Log in. Return the header for the next requests. Each package returns a key as ``token``."""
    if source == "knox":
        answer = server.post("/api/login/", basic(name))
    else:
        answer = server.post("/api/login/", username=name, password=PASSWORD, client="phone")
    assert answer.status == 200, answer
    if source != "authtoken":
        assert set(answer.body) == {"token", "expiry"}
    return f"Token {answer.body['token']}"


class Clients:
    """The clients that are logged in, with their headers."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.headers: dict[str, str] = {}

    def log_in(self, server: Server, name: str) -> str:
        self.headers[name] = log_in(server, self.source, name)
        return self.headers[name]

    def log_out(self, server: Server, name: str, path: str = "logout") -> str:
        header = self.headers.pop(name)
        assert server.post(f"/api/{path}/", header).status == 204
        return header

    def are_in(self, *servers: Server) -> None:
        for server in servers:
            assert {name: server.who(header) for name, header in self.headers.items()} == {
                name: name for name in self.headers
            }

    def go_on(self, server: Server) -> None:
        """Use all keys. With durin, also refresh a token. With knox, also send a wrong password."""
        self.are_in(server)
        header = self.headers["cleo"]
        if self.source == "durin":
            answer = server.post("/api/refresh/", header)
            assert answer.status == 200
            assert datetime.fromisoformat(answer.body["expiry"]) > datetime.now(timezone.utc)
        elif self.source == "knox":
            assert server.post("/api/login/", basic("cleo", "wrong")).status == 401


def has_new_key(header: str) -> bool:
    return header.startswith("Token dta_")


def are_out(headers: list[str], *servers: Server) -> None:
    assert [server.who(header) for server in servers for header in headers] == [401] * (
        len(servers) * len(headers)
    )


@contextmanager
def two(first: Release, second: Release) -> Iterator[tuple[Server, Server]]:
    with first.serving() as one, second.serving() as other:
        yield one, other


@pytest.fixture
def phone() -> str:
    return (
        "from datetime import timedelta\n"
        "from durin.models import Client\n"
        "Client.objects.create(name='phone', token_ttl=timedelta(hours=10))\n"
    )


@pytest.fixture(params=["authtoken", "knox", "durin"])
def source(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def site(tmp_path: Path, source: str, phone: str) -> Site:
    return prepared(Site(tmp_path, source, f"{source}-without-stopping"), phone)


@pytest.fixture
def short_site(tmp_path: Path, source: str, phone: str) -> Site:
    return prepared(Site(tmp_path, source), phone)


def prepared(site: Site, phone: str) -> Site:
    site.releases[0].add_users(*STAYING, *OTHERS)
    if site.source == "durin":
        site.releases[0].manage("shell", typed=phone)
    return site


def test_a_site_moves_release_by_release(site: Site, source: str) -> None:
    clients = Clients(source)
    before = site.releases[0]
    gone = []
    with before.serving() as old:
        for name in ["ada", "bob", "dan", "eve", "fay"]:
            clients.log_in(old, name)
        first = site.release(1, 2)
        # The new table exists, and the old release still runs.
        clients.are_in(old)
        with first.serving() as new:
            clients.log_in(new, "cleo")
            clients.are_in(old, new)
            gone.append(clients.log_out(new, "dan"))
            if source != "authtoken":
                clients.log_in(new, "lee")
                gone += two_devices_log_out(clients, source, "lee", (old, new), new)
            are_out(gone, old, new)
            clients.go_on(new)

    second = site.release(3)
    with two(first, second) as (one, other):
        assert not has_new_key(clients.log_in(one, "gus"))
        assert has_new_key(clients.log_in(other, "hal"))
        assert has_new_key(clients.log_in(other, "dan"))
        clients.are_in(one, other)
        # Each server accepts the keys of the other.
        gone += [clients.log_out(other, "gus"), clients.log_out(one, "dan")]
        if source != "authtoken":
            for server in (one, other):
                clients.log_in(one, "lee")
                gone += two_devices_log_out(clients, source, "lee", (other, one), server)
        are_out(gone, one, other)
        for server in (one, other):
            clients.go_on(server)

    old_count = len([header for header in clients.headers.values() if not has_new_key(header)])
    assert f"Imported {old_count} tokens" in site.follow(second, 4)
    with two(first, second) as (one, other):
        clients.are_in(one, other)
        # An imported key is in both tables.
        gone += [clients.log_out(one, "eve"), clients.log_out(other, "fay")]
        are_out(gone, one, other)
        # Go back to the first release, which creates old tokens again. Then go forward again.
        assert not has_new_key(clients.log_in(one, "ida"))
        clients.are_in(one, other)
    assert "Imported 1 tokens" in site.follow(second, 4)

    third = site.release(5)
    with two(second, third) as (one, other):
        clients.are_in(one, other)
        gone.append(clients.log_out(other, "ida"))
        assert has_new_key(clients.log_in(other, "jim"))
        end_all_of_one(site, clients, third, gone)
        are_out(gone, one, other)
        clients.are_in(one, other)

    # Go back further. The old release does not know the new keys.
    with before.serving() as old:
        known = {name: old.who(header) for name, header in clients.headers.items()}
        assert known == {
            name: 401 if has_new_key(header) else name for name, header in clients.headers.items()
        }
        are_out(gone, old)

    site.follow(third, 6)
    fourth = site.release(7)
    with two(third, fourth) as (one, other):
        clients.are_in(one, other)
        gone.append(clients.log_out(other, "jim"))
        are_out(gone, one, other)
    uninstall_at_the_end(site, third, fourth)
    with fourth.serving() as new:
        clients.are_in(new)
        are_out(gone, new)
        assert set(STAYING) <= set(clients.headers)
        assert has_new_key(clients.log_in(new, "kim"))
        clients.are_in(new)
        in_the_body = new.post("/api/login/", username="lee", password=PASSWORD)
        assert new.who(f"Token {in_the_body.body['token']}") == "lee"
        assert new.post("/api/login/", username="lee", password="wrong").status == 400
        gone += [clients.log_out(new, "ada"), clients.log_out(new, "kim")]
        are_out(gone, new)
        if source != "authtoken":
            gone += two_devices_log_out(clients, source, "bob", (new, new), new)
            are_out(gone, new)
        clients.go_on(new)
    # No constraint of the old table is left.
    fourth.delete_users()


def two_devices_log_out(
    clients: Clients, source: str, name: str, logins: tuple[Server, Server], at: Server
) -> list[str]:
    """Log a user in on two more devices, and log all devices out. Return all the headers."""
    first = clients.headers[name]
    second, third = [clients.log_in(server, name) for server in logins]
    return [first, second, third, clients.log_out(at, name, "logoutall")]


def end_all_of_one(site: Site, clients: Clients, release: Release, gone: list[str]) -> None:
    """Revoke all tokens of bob with a command, and log bob in again."""
    release.manage("revoke_tokens", "--user", "bob", "--no-input")
    gone.append(clients.headers.pop("bob"))
    with release.serving() as server:
        clients.log_in(server, "bob")


def uninstall_at_the_end(site: Site, third: Release, fourth: Release) -> None:
    """Drop the old tables with a release that has the old app. Then uninstall the old package."""
    commands = [block for block in site.guide.step(8) if block.language == "sh"]
    for block in commands:
        release = fourth if "pip uninstall" in block.text else third
        release.follow(block)
    assert len(commands) == (1 if site.source == "authtoken" else 2)


def test_a_site_moves_on_the_short_path(short_site: Site, source: str) -> None:
    """Stop the site for one release. The old app stays installed while the site may go back."""
    site, clients = short_site, Clients(source)
    before = site.releases[0]
    with before.serving() as old:
        for name in [*STAYING, "dan", "eve"]:
            clients.log_in(old, name)
        gone = [clients.log_out(old, "eve")]
    release = site.release(1, 2, 3)
    said = site.follow(release, 4)
    count = len(clients.headers)
    assert f"would be imported {count:>34}" in said
    assert f"Imported {count} tokens." in said
    with release.serving() as new:
        clients.are_in(new)
        clients.go_on(new)
        assert has_new_key(clients.log_in(new, "fay"))
        gone.append(clients.log_out(new, "dan"))
        if source != "authtoken":
            clients.log_in(new, "lee")
            gone += two_devices_log_out(clients, source, "lee", (new, new), new)
        clients.are_in(new)
        are_out(gone, new)
    new_key = clients.headers.pop("fay")

    # The way back: the old table still has all rows except the revoked ones.
    release.manage("import_tokens", source, "--undo")
    drop_our_table = ["python", "manage.py", "migrate", "drf_token_auth", "zero"]
    assert f"`{' '.join(drop_our_table)}`" in site.guide.afterwards
    release.type(drop_our_table)
    with before.serving() as old:
        clients.are_in(old)
        are_out([*gone, new_key], old)
    # Fay's token was only in the new table, which is dropped. So the old release can delete fay.
    deletion = "User.objects.get(username='fay').delete()"
    before.manage("shell", typed=f"from django.contrib.auth.models import User\n{deletion}\n")
    release.manage("migrate")
    release.manage("import_tokens", source)
    with release.serving() as new:
        clients.log_in(new, "gus")
    new_key = clients.headers.pop("gus")

    last = site.release()
    for block in site.guide.step(5):
        is_code = block.language == "diff" or "pip uninstall" in block.text
        (last if is_code else release).follow(block)
    with last.serving() as new:
        clients.are_in(new)
        are_out(gone, new)
        assert new.who(new_key) == "gus"
        assert has_new_key(clients.log_in(new, "jim"))
        gone.append(clients.log_out(new, "ada"))
        clients.are_in(new)
        are_out(gone, new)
    # No constraint of the old table is left.
    last.delete_users()


def test_a_site_moves_the_api_keys_of_a_settings_page(tmp_path: Path) -> None:
    site = Site(tmp_path, "authtoken-api-keys")
    before = site.releases[0]
    before.add_users(*STAYING, "dan")
    with before.serving() as old:
        keys = {name: Browser(old).log_in(name) for name in (*STAYING, "dan")}
        headers = {name: f"Token {key}" for name, key in keys.items()}
        assert names_of(old, list(headers.values())) == list(headers)
    release = site.release(1, 2, 3)
    assert "  personal tokens " in site.follow(release, 4)
    change = "from django.contrib.auth.models import User\nu = User.objects.get(username='bob')\n"
    with release.serving() as new:
        assert names_of(new, list(headers.values())) == list(headers)
        # An API key survives a password change, as before.
        release.manage("shell", typed=f"{change}u.set_password('another')\nu.save()\n")
        assert new.who(headers["bob"]) == "bob"
        assert new.who("") == 403
        browser = Browser(new)
        assert keys["ada"][:4] in browser.log_in("ada")
        browser.get("/account/api-key/new/")
        shown = re.search(r"dta_\w{36}", browser.post("/account/api-key/new/"))
        assert shown is not None
        assert shown[0] not in browser.get("/account/api-key/")
        gone, headers["ada"] = headers["ada"], f"Token {shown[0]}"
        assert names_of(new, [headers["ada"], gone]) == ["ada", 403]
    with before.serving() as old:
        assert names_of(old, [headers["bob"], headers["cleo"], gone]) == ["bob", "cleo", 403]
    last = site.release()
    for block in site.guide.step(5):
        (last if block.language == "diff" else release).follow(block)
    with last.serving() as new:
        assert names_of(new, [*headers.values(), gone]) == [*headers, 403]


def test_a_site_moves_from_jwts(tmp_path: Path) -> None:
    site = Site(tmp_path, "simplejwt")
    before = site.releases[0]
    before.add_users(*STAYING, "dan", "eve")
    with before.serving() as old:
        jwts = {name: pair(old, name) for name in STAYING}
        first = site.release(1, 2)
        assert names_of(old, access_of(jwts)) == STAYING
        with first.serving() as new:
            jwts["dan"] = pair(new, "dan")
            for server in (old, new):
                assert names_of(server, access_of(jwts)) == [*STAYING, "dan"]
            assert new.who("Bearer no.such.jwt") == new.who("Bearer dta_nothing") == 401

    second = site.release(3)
    with two(first, second) as (one, other):
        # Updated clients exchange their JWTs. Bob's client is old and goes on refreshing.
        keys = {name: exchanged(other, jwts[name]) for name in ("ada", "cleo")}
        body = other.post("/api/token/", username="eve", password=PASSWORD).body
        assert body["access"] == body["token"]
        keys["eve"] = f"Bearer {body['access']}"
        for server in (one, other):
            assert names_of(server, list(keys.values())) == ["ada", "cleo", "eve"]
            assert names_of(server, access_of(jwts)) == [*STAYING, "dan"]
            assert server.who(refreshed(server, jwts["bob"])) == "bob"
        assert other.post("/api/logout/", keys["eve"]).status == 204
        are_out([keys.pop("eve")], one, other)
        assert other.post("/api/logout/", access_of(jwts)[0]).status == 400
        assert other.post("/api/token/exchange/", keys["ada"]).status == 401
        assert "access" in pair(one, "dan")
        # Go back to the old release. It refuses keys, and still accepts JWTs.
        with before.serving() as old:
            assert old.who(keys["ada"]) == 401
            assert old.who(refreshed(old, jwts["ada"])) == "ada"

    third = site.release(6)
    with third.serving() as new:
        assert names_of(new, list(keys.values())) == ["ada", "cleo"]
        are_out(access_of(jwts), new)
        # Bob's client has no key, so bob has to log in once.
        body = new.post("/api/token/", username="bob", password=PASSWORD).body
        assert new.who(f"Bearer {body['access']}") == "bob"


def test_a_site_moves_from_jwts_in_one_release(tmp_path: Path) -> None:
    site = Site(tmp_path, "simplejwt")
    site.releases[0].add_users("ada", "bob")
    with site.releases[0].serving() as old:
        jwts = {name: pair(old, name) for name in ("ada", "bob")}
    release = site.release(1, 2, 3)
    with release.serving() as new:
        assert names_of(new, access_of(jwts)) == ["ada", "bob"]
        key = exchanged(new, jwts["ada"])
        assert names_of(new, [key, refreshed(new, jwts["bob"])]) == ["ada", "bob"]
    with site.release(6).serving() as last:
        assert last.who(key) == "ada"
        are_out(access_of(jwts), last)


def test_jwts_and_keys_may_have_different_keywords(tmp_path: Path) -> None:
    """The authenticators may be in either order, and UNKNOWN_KEYS is not needed."""
    site = Site(tmp_path, "simplejwt")
    site.releases[0].add_users("ada")
    with site.releases[0].serving() as old:
        jwt = f"Bearer {pair(old, 'ada')['access']}"
    both = site.release(1, 2)
    path = both.home / "settings.py"
    settings = path.read_text("utf-8").replace('DRF_TOKEN_AUTH = {"UNKNOWN_KEYS": "pass"}', "")
    settings = settings.replace("BearerTokenAuthentication", "ExpiringTokenAuthentication")
    key = f"Token {both.manage('create_token', 'ada').strip()}"
    lines = settings.splitlines(keepends=True)
    ours = next(n for n, line in enumerate(lines) if "ExpiringTokenAuthentication" in line)
    for order in (lines, [*lines[:ours], lines[ours + 1], lines[ours], *lines[ours + 2 :]]):
        path.write_text("".join(order), "utf-8")
        with both.serving() as new:
            assert names_of(new, [jwt, key]) == ["ada", "ada"]


def pair(server: Server, name: str) -> dict[str, str]:
    answer = server.post("/api/token/", username=name, password=PASSWORD)
    assert answer.status == 200
    assert set(answer.body) == {"access", "refresh"}
    return answer.body


def access_of(jwts: dict[str, dict[str, str]]) -> list[str]:
    return [f"Bearer {pair['access']}" for pair in jwts.values()]


def names_of(server: Server, headers: list[str]) -> list[str]:
    return [server.who(header) for header in headers]


def refreshed(server: Server, jwts: dict[str, str]) -> str:
    answer = server.post("/api/token/refresh/", refresh=jwts["refresh"])
    assert answer.status == 200
    return f"Bearer {answer.body['access']}"


def exchanged(server: Server, jwts: dict[str, str]) -> str:
    """Exchange a JWT, as the guide tells a client to do."""
    answer = server.post("/api/token/exchange/", refreshed(server, jwts))
    assert answer.status == 200
    assert set(answer.body) == {"token", "expires_at"}
    return f"Bearer {answer.body['token']}"
