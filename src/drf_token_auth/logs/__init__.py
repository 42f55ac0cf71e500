"""Log what happens to tokens, and why a request or a login is refused."""
