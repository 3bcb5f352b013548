"""Resolve one region's records into sites, given what earlier runs kept; large regions cell by cell."""
