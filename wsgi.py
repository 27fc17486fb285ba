"""For WSGI servers: ``gunicorn wsgi:app``."""

from cocon.app import create_app

app = create_app()
