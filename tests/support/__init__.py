"""What tests stand on: databases, servers, a client that reads HTML, a browser."""
