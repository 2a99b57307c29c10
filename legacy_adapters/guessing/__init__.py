"""A first mapping for a schema that nobody here has seen. It reads little and writes nothing."""

from sqlalchemy import Connection

from legacy_adapters.guessing.catalogue import Catalogue
from legacy_adapters.guessing.guesses import guess_relations
from legacy_adapters.guessing.writer import write_mapping


def guess_mapping(connection: Connection, schema: str = "") -> str:
    """The text of a mapping file. Raises: MappingError."""
    catalogue = Catalogue(connection, schema)
    return write_mapping(catalogue, guess_relations(catalogue))
