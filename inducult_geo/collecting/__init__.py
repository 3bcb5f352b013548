"""Collect one region's records from every source: find the inputs, find the outline, refuse suspicious changes."""
