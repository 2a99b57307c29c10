"""Who watches a machine asks it by its address, which is no name that customers use."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Plain texts: they name no address, set no cookie and know nobody.
PROBES = frozenset({"/healthz", "/readyz"})


def let_probes_in(app: WSGIApplication, host: str) -> WSGIApplication:
    """These two answer to any Host. host: one that is trusted, as which they are asked."""

    def run(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in PROBES:
            environ["HTTP_HOST"] = host
        return app(environ, start_response)

    return run
