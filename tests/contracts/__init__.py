"""The contract, its objectives, periods and figures."""
