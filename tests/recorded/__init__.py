"""What earlier releases recorded of operations they had begun, and how to record it."""
