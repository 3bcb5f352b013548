"""Make one release of all regions: assemble it, withhold what must not be published, write it, keep it complete."""
