"""Draft a contract for an unknown file, with every guess marked."""
