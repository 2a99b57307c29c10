"""All of this blueprint's routes: importing a module adds its own."""

from app.blueprints.profile import contact, data, devices, email, password, phone, preferences
from app.blueprints.profile.blueprint import profile

__all__ = ["contact", "data", "devices", "email", "password", "phone", "preferences", "profile"]
