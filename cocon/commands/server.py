"""The production server: gunicorn with threads, told apart from its defaults only where they would hurt."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn started from our own command."""

    def __init__(self, bind: str, workers: int) -> None:
        self.options = {
            "bind": bind,
            "workers": workers,
            "worker_class": "gthread",
            "threads": 8,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "control_socket_disable": True,
            "limit_request_line": 8190,
            "errorlog": "-",
            "loglevel": "warning",
        }
        super().__init__()

    def load_config(self) -> None:
        """Our options are the whole configuration: no file, no environment."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of each worker."""
        from cocon.app import create_app

        return create_app()
