"""The ``cocon`` command, one file a family of subcommands."""
