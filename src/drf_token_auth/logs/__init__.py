"""What the package writes to the log."""
