"""VPS.org over HTTP."""
