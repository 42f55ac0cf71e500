"""Find the network that a client controls, from its address."""

from __future__ import annotations

import ipaddress
import re

# A longer list of addresses is cut.
LONGEST_ADDRESS = 1000
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def client_network(address: str | None) -> str | None:
    """Return the network that one client controls: an IPv4 address, or the /64 of an IPv6 address.

    A port is removed. Text that is not an IP address is returned as it is. Without ``NUM_PROXIES``,
    DRF returns all of ``X-Forwarded-For``. That may be a list with commas, and then the result is a
    list of networks with commas.

    :returns: None if there is no address, as behind a Unix socket.
    """
    networks = [_network(one) for one in (address or "")[:LONGEST_ADDRESS].split(",")]
    return ",".join(one for one in networks if one) or None


def _network(address: str) -> str | None:
    text = address.strip()
    if text.startswith("unix:"):  # nginx writes "unix:" for a Unix socket.
        return None
    with_port = _WITH_PORT.fullmatch(text)
    if with_port:
        text = with_port[1] or with_port[2] or ""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return str(found)
