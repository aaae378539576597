"""What people read: tables, files, progress."""
