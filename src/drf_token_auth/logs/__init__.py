"""The lines that the package writes to the log."""
