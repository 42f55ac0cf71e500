"""Find out about a login: its account, its device, and how long ago it was."""
