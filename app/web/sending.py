"""Files that are given out."""

from typing import BinaryIO

from flask import Response, send_file


def send_away(content: BinaryIO, *, name: str, media_type: str, size: int) -> Response:
    """To be saved, never to be shown as a page of ours, and not to be kept on the way. size: in
    bytes, so that a browser notices when it has not got all."""
    response = send_file(
        content,
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        conditional=False,
        etag=False,
        max_age=0,
    )
    response.content_length = size
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(content.close)
    return response
