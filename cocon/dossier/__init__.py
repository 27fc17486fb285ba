"""Pages made of several domains: workspace, whole fiche, matrix. Reads only."""
