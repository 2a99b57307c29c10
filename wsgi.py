"""What a web server loads: `gunicorn wsgi:app`."""

import gc

# Nothing of what is loaded here is garbage, and looking through it took a quarter of the start.
gc.disable()

from app.factory import create_app  # noqa: E402

app = create_app()
gc.freeze()  # nor is it looked through later, or copied for each process of --preload
gc.enable()
