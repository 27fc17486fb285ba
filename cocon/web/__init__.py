"""The web's own matters: who is asking, whole pages and parts, forms, errors, filters. No domain here."""
