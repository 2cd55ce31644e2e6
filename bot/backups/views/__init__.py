"""What people see of backups: the menu, the list, the forms."""
