"""Wishes of any kind, from and to what JSON holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from central.analysis.work import Analysis, InvalidWishes


class UnknownKind(LookupError):
    """There is no such analysis; says which there are."""


class WishesOf:
    """Reads the wishes of some kinds."""

    def __init__(self, kinds: Mapping[str, type[Analysis]]) -> None:
        self._adapters: dict[str, TypeAdapter[Analysis]] = {k: TypeAdapter(w) for k, w in kinds.items()}

    def read(self, kind: str, given: Mapping[str, Any]) -> Analysis:
        """
        Raises:
            UnknownKind: see there.
            InvalidWishes: the kind can't take them.
        """
        adapter = self._adapter(kind)
        unknown = given.keys() - self.schema(kind)["properties"].keys()
        if unknown:
            raise InvalidWishes(f"{kind}: expected no wishes {', '.join(sorted(unknown))}")
        try:
            return adapter.validate_python(dict(given))
        except ValidationError as error:
            told = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors())
            raise InvalidWishes(f"{kind}: {'; '.join(told)}") from error

    def written(self, wishes: Analysis) -> dict[str, Any]:
        """What `read` makes the same wishes of."""
        found: dict[str, Any] = self._adapter(wishes.kind).dump_python(wishes, mode="json")
        return found

    def schema(self, kind: str) -> dict[str, Any]:
        """JSON Schema of the kind's wishes.

        Raises:
            UnknownKind: see there.
        """
        return {"properties": {}, **self._adapter(kind).json_schema()}

    def _adapter(self, kind: str) -> TypeAdapter[Analysis]:
        if kind not in self._adapters:
            raise UnknownKind(f"expected an analysis of {', '.join(self._adapters)}, got {kind!r}")
        return self._adapters[kind]
