"""The list of fiches: searching, filtering, sorting, and the filters that a person keeps under a name."""
