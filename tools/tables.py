"""Prints how many tables a file of SQLite holds; says why and fails when the file cannot be read."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

try:
    with closing(sqlite3.connect(sys.argv[1])) as connection:
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
except sqlite3.Error as error:
    sys.exit(str(error))
sys.stdout.write(f"{tables}\n")
