"""The facts of a login: the account, the device, and how long ago it was."""
