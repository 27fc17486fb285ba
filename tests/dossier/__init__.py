"""Mon espace, and the whole fiche."""
