"""The release as a database: one GeoPackage, and PostGIS for partners who serve maps from one."""
