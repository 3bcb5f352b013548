"""What a release promises, checked by looking at its files alone."""
