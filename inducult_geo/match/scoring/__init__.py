"""Score a pair by its comparisons and its rivals, and explain the score."""
