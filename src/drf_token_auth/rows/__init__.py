"""The parts of the token model: its kinds, its expiry, its creation and its revocation."""
