"""Where records come from: OpenStreetMap and the files of partners."""
