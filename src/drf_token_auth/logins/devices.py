"""Name a device by its ``User-Agent``, for a client that sent no name at login."""

from __future__ import annotations

import re

# A longer header is shortened before any pattern is tried.
AGENT_LENGTH = 512

# The first match wins. Most headers also name other browsers, so the order matters.
_BROWSERS = {
    "Edge": r"\b(?:Edge?|EdgA|EdgiOS)/",
    "Opera": r"\b(?:OPR|OPiOS|OPT)/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Whale": r"\bWhale/",
    "Vivaldi": r"\bVivaldi/",
    "Yandex": r"\bYaBrowser/",
    "DuckDuckGo": r"\b(?:DuckDuckGo|Ddg)/",
    "Firefox": r"\b(?:Firefox|FxiOS)/",
    "Chrome": r"\b(?:Chrome|CriOS)/",
    "Safari": r"\bVersion/[\d.]+.* Safari/",
    "Internet Explorer": r"\b(?:MSIE|Trident)\b",
}
_SYSTEMS = {
    "iOS": r"\b(?:iPhone|iPad|iPod)\b",
    "Android": r"\bAndroid\b",
    "Windows": r"\bWindows\b",
    "macOS": r"\bMac(?:intosh| OS X)\b",
    "ChromeOS": r"\bCrOS\b",
    "Linux": r"\bLinux\b",
}
_CLIENT = re.compile(r"([^\s/()]+)/v?(\d+(?:\.\d+)?)")


def describe(user_agent: str) -> str:
    """Describe the client that sent a ``User-Agent``: "Chrome on Windows", "okhttp 4.12".

    If no browser and no product is recognized, return the text, cut to ``AGENT_LENGTH`` characters.
    """
    agent = user_agent[:AGENT_LENGTH].strip()
    if not agent.startswith("Mozilla/"):
        client = _CLIENT.match(agent)
        return f"{client[1]} {client[2]}" if client else agent
    browser = _first_match(_BROWSERS, agent)
    system = _first_match(_SYSTEMS, agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or agent


def _first_match(patterns: dict[str, str], agent: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, agent)), "")
