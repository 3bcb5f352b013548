"""What would become of a file, said before anything is kept."""
