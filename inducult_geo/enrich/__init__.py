"""What is added to sites after matching: raster values at each, and surfaces over all."""
