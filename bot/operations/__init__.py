"""What every operation shares: its record, its turn, its message, its watch."""
