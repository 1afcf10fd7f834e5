"""Who may do what: the one table. A route that is not in it can't be called by anyone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from central.people import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Who may call a route."""

    roles: frozenset[Role] = frozenset()  #: people signed in who have one of these
    machines: bool = False  #: bearers of a machine token
    public: bool = False  #: whoever reaches the port
    whole_network: bool = False  #: not for people who are limited to areas: it can't be told apart by area


def _people(*roles: Role, whole_network: bool = False) -> Right:
    return Right(roles=frozenset(roles), whole_network=whole_network)


_R = Role
_PUBLIC = Right(public=True)
_MACHINE = Right(machines=True)
_EVERYBODY = _people(*Role)
_ON_ORDERS = (_R.OPERATOR, _R.APPLICANT, _R.APPROVER, _R.SUPERVISOR, _R.AUDITOR)
#: Images carry what passages carry, and are found by hash only: whoever is shown a passage has the hash.
_SEE_IMAGES = frozenset({_R.OPERATOR, _R.INVESTIGATOR, _R.SUPERVISOR})

#: (method, path) → right.
RIGHTS: dict[tuple[str, str], Right] = {
    ("POST", "/api/session"): _PUBLIC,
    ("GET", "/api/session"): _EVERYBODY,
    ("DELETE", "/api/session"): _EVERYBODY,
    ("GET", "/api/checkpoints"): _EVERYBODY,
    ("GET", "/api/areas"): _EVERYBODY,
    ("GET", "/api/passages"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("POST", "/api/tracks"): _people(_R.INVESTIGATOR),
    ("GET", "/api/orders"): _people(*_ON_ORDERS),
    ("POST", "/api/orders"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/submit"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/approve"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/reject"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/withdraw"): _people(_R.APPLICANT, _R.APPROVER, _R.SUPERVISOR),
    ("GET", "/api/alerts"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/alerts/{alert_id}"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("POST", "/api/alerts/{alert_id}/steps"): _people(_R.OPERATOR),
    ("GET", "/api/nodes"): _people(_R.OPERATOR, _R.SUPERVISOR, _R.ADMINISTRATOR),
    ("GET", "/api/statistics"): _EVERYBODY,
    ("GET", "/api/statistics/sources"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/audit"): _people(_R.AUDITOR, whole_network=True),
    ("GET", "/api/images/{sha256}"): Right(roles=_SEE_IMAGES),
    ("HEAD", "/api/images/{sha256}"): Right(roles=_SEE_IMAGES, machines=True),
    ("PUT", "/api/images/{sha256}"): _MACHINE,
    ("HEAD", "/api/images/{sha256}/upload"): _MACHINE,
    ("PATCH", "/api/images/{sha256}/upload"): _MACHINE,
    ("GET", "/api/machine-tokens"): _people(_R.ADMINISTRATOR, whole_network=True),
    ("POST", "/api/machine-tokens"): _people(_R.ADMINISTRATOR, whole_network=True),
    ("DELETE", "/api/machine-tokens/{token_id}"): _people(_R.ADMINISTRATOR, whole_network=True),
    ("GET", "/healthz"): _PUBLIC,
    ("GET", "/readyz"): _PUBLIC,
    ("GET", "/metrics"): _PUBLIC,
}

#: Kind of live event → the route that shows the same: who may call it may see the event.
LIVE_KINDS: dict[str, tuple[str, str]] = {
    "alert": ("GET", "/api/alerts"),
    "passage": ("GET", "/api/passages"),
    "order": ("GET", "/api/orders"),
    "node": ("GET", "/api/nodes"),
}


def kinds_for(roles: Iterable[Role]) -> frozenset[str]:
    """Kinds of live events that people of these roles may see."""
    mine = frozenset(roles)
    return frozenset(kind for kind, route in LIVE_KINDS.items() if RIGHTS[route].roles & mine)
