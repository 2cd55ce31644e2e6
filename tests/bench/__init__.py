"""Measures the real bot, as a process, over the real protocols, beside a Bolt app that only acks."""
