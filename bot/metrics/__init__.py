"""Metrics: what is counted and measured, and the scrape by which Prometheus reads it."""
