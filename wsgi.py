"""For WSGI servers: ``gunicorn wsgi:app``; as ``cocon serve``, it stops on a database of another version."""

from cocon.cli import current_application

app = current_application()
