"""The goals of this package. The benchmarks print whether a ratio meets its goal."""

from __future__ import annotations

#: Share of authtoken's time to authenticate one request among other work, by database.
AMONG = {"sqlite": "<= 0.30", "postgres": "<= 0.55"}

#: Whole requests a second on PostgreSQL, as a multiple of a peer's.
REQUESTS = {"authtoken": ">= 1.40", "knox": ">= 2.0", "simplejwt": ">= 1.25"}

#: Speed of the purge, as a share of the speed of one DELETE. Short transactions cost speed.
PURGE_SPEED = ">= 0.4"
#: Length of the longest transaction of the purge, as a share of 50 ms.
PURGE_TRANSACTION = "<= 1.0"
#: Time to authenticate beside a purge, as a multiple of the quiet time (95th percentile).
PURGE_BESIDE = "<= 1.5"

#: Time to refuse a key with a wrong checksum on PostgreSQL, as a share of the time for a valid key.
WRONG_CHECKSUM = "<= 0.05"
#: Time of a request with 10 million rows, as a multiple of the time with a thousand rows.
SCALE = "<= 1.3"
#: Bytes of a packed row with its indexes, as a multiple of authtoken's.
SIZE = "<= 1.1"
