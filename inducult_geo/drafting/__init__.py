"""Drafting: a first contract for an unknown file, with every guess marked."""
