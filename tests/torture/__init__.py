"""Kills the real bot again and again, and counts whether anything was lost or doubled."""
