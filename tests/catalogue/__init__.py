"""The list: searching, filtering, sorting, saved views."""
