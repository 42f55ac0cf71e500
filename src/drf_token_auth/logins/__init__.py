"""The facts of a login: its account, device, network and backends, and how long ago it was."""
