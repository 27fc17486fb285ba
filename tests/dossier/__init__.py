"""The pages made of several domains."""
