"""What a login tells: the account, the device, and how long ago it was."""
