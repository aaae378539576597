"""Output for people: tables, plots, pages, files, progress bars."""
