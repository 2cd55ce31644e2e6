"""Every sentence that is announced, and posting it."""
