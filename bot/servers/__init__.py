"""Servers: which there are and which one a person means."""
