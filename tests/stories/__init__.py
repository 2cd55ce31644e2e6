"""What people live, a file per verb."""
