"""Backups: listing, making, deleting and restoring them."""
