"""The life of a row: its creation, its expiry, the order of locks and its revocation."""
