"""What a web server loads: `gunicorn wsgi:app`."""

from app.factory import create_app

app = create_app()
