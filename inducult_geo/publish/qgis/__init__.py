"""What QGIS opens with a release: styles, forms, cards, layouts, densities and the project."""
