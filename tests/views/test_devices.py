"""A token's name in words that people know: ``describe`` reads a client's ``User-Agent``."""

from __future__ import annotations

import pytest

from drf_token_auth.logins.devices import describe

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/126.0.0.0 Safari/537.36"

KNOWN = {
    f"{WINDOWS} {CHROME}": "Chrome on Windows",
    f"{WINDOWS} {CHROME} Edg/126.0.0.0": "Edge on Windows",
    f"{WINDOWS} {CHROME} OPR/111.0.0.0": "Opera on Windows",
    f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Whale/3.27.254.15 Safari/537.36": "Whale on Windows",
    f"{WINDOWS[:-1]}; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko": (
        "Internet Explorer on Windows"
    ),
    f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15": (
        "Safari on macOS"
    ),
    f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": (
        "Safari on iOS"
    ),
    f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1": (
        "Chrome on iOS"
    ),
    f"{PIXEL} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    f"{PIXEL} {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36": (
        "Samsung Internet on Android"
    ),
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0": "Firefox on Android",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}": "Chrome on ChromeOS",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}": "Chrome on Linux",
    f"Mozilla/5.0 (Haiku) {CHROME}": "Chrome",
    "okhttp/4.12.0": "okhttp 4.12",
    "python-requests/2.32.3": "python-requests 2.32",
    "curl/8": "curl 8",
    "MyApp/3.1 (iPhone; iOS 17.5; Scale/3.00)": "MyApp 3.1",
    "Dart/3.4 (dart:io)": "Dart 3.4",
    "vendor-sdk/v1.2.3 python/3.12": "vendor-sdk 1.2",
}
AS_IT_IS = [
    "",
    "curl",
    "the phone of ada",
    "my app/dev",
    "Mozilla/5.0 (X11)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "/1.0",
]


@pytest.mark.parametrize(("agent", "words"), KNOWN.items(), ids=KNOWN.values())
def test_a_client_is_described_in_words(agent: str, words: str) -> None:
    assert describe(agent) == words
    assert describe(f"  {agent} ") == words


@pytest.mark.parametrize("agent", AS_IT_IS)
def test_an_unknown_client_keeps_its_text(agent: str) -> None:
    assert describe(agent) == agent


def test_a_long_header_is_cut_first() -> None:
    assert describe("x" * 100_000 + "/1.0") == "x" * 512
