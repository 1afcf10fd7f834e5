"""The centre over HTTP: one noun a module."""

from central.api.app import create_app
from central.api.services import ApiSettings, Check, Services

__all__ = ["ApiSettings", "Check", "Services", "create_app"]
