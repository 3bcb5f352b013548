"""What a run would do with a file, shown before anything is kept."""
