"""The fiche-action: private draft, then a shared text in numbered versions."""
