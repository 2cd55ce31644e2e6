"""A second person's agreement: asking for it, waiting for it, giving it."""
