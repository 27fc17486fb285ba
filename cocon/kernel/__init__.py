"""What every part of the house stands on: database, time, money, names, refusals. No domain word here."""
