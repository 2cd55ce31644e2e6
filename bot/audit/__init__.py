"""Who did what, to which server, why, and how it ended: written once, never changed."""
