"""Open releases again: compare them, read them with types, take open questions from them."""
