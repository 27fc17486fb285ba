"""How fiches descend from one another: moved, merged, split, linked, following those of earlier contracts."""
