"""Troubles of servers and their backups, told before it is too late: found on a clock, told once each."""
