"""What happens to a row: its creation, its expiry, the order of locks and its revocation."""
