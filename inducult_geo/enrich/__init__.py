"""Added to sites after matching: raster values at each site, and density surfaces."""
