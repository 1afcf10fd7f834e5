"""Who may do what: the one table. A route that is not in it can't be called by anyone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from central.people import Role, TokenScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Who may call a route."""

    roles: frozenset[Role] = frozenset()  #: people signed in who have one of these
    machines: frozenset[TokenScope] = frozenset()  #: bearers of a machine's token that has one of these
    public: bool = False  #: whoever reaches the port
    peers: bool = False  #: neighbouring centres: the route itself checks their signature
    before_password_change: bool = False  #: also for people who must change their password first
    whole_network: bool = False  #: not for people who are limited to areas: it can't be told apart by area


def _people(*roles: Role, whole_network: bool = False) -> Right:
    return Right(roles=frozenset(roles), whole_network=whole_network)


_R = Role
_PUBLIC = Right(public=True)
_IMAGES = frozenset({TokenScope.IMAGES})
_READ = frozenset({TokenScope.READ})
_NODE = Right(machines=_IMAGES)
_EVERYBODY = _people(*Role)
#: Whoever works at a desk: a unit at the roadside sees what it was sent to, and nothing of the rest.
_DESKS = frozenset(Role) - {_R.PATROL}
#: Of one's own session, whatever one's password.
_ANYHOW = Right(roles=frozenset(Role), before_password_change=True)
#: Nobody of an area looks after people or tokens, so nobody makes one who sees more than they do.
_PEOPLE = _people(_R.ADMINISTRATOR, whole_network=True)
#: Also for another platform that has a token to read.
_EVERYBODY_AND_PLATFORMS = Right(roles=frozenset(Role), machines=_READ)
_DESKS_AND_PLATFORMS = Right(roles=_DESKS, machines=_READ)
#: A hold may name any plate of the network.
_HOLDS = _people(_R.SUPERVISOR, _R.AUDITOR, whole_network=True)
_AUDITOR = _people(_R.AUDITOR, whole_network=True)
_ON_ORDERS = (_R.OPERATOR, _R.APPLICANT, _R.APPROVER, _R.SUPERVISOR, _R.AUDITOR)
#: A target is told of alerts everywhere.
_TARGETS = _people(_R.ADMINISTRATOR, whole_network=True)
_ON_DUTY = (_R.OPERATOR, _R.SUPERVISOR, _R.ADMINISTRATOR)
_ON_IMPORTS = (_R.APPLICANT, _R.APPROVER, _R.SUPERVISOR, _R.AUDITOR)
#: Images carry what passages carry, and are opened by the address that came with one: see `central.picture`.
SEE_ALL_IMAGES = frozenset({_R.OPERATOR, _R.INVESTIGATOR, _R.SUPERVISOR})
#: A unit's only of the alerts that it was sent to, see `images`.
_SEE_IMAGES = SEE_ALL_IMAGES | {_R.PATROL}
_PATROL = _people(_R.PATROL)

#: (method, path) → right.
RIGHTS: dict[tuple[str, str], Right] = {
    ("POST", "/api/session"): _PUBLIC,
    ("GET", "/api/sign-on"): _PUBLIC,
    ("GET", "/api/sign-on/start"): _PUBLIC,
    ("GET", "/api/sign-on/callback"): _PUBLIC,
    ("GET", "/api/session"): _ANYHOW,
    ("DELETE", "/api/session"): _ANYHOW,
    ("POST", "/api/session/password"): _ANYHOW,
    ("GET", "/api/sessions"): _EVERYBODY,
    ("DELETE", "/api/sessions/{session_id}"): _EVERYBODY,
    ("GET", "/api/users"): _PEOPLE,
    ("POST", "/api/users"): _PEOPLE,
    ("GET", "/api/users/{username}"): _PEOPLE,
    ("PATCH", "/api/users/{username}"): _PEOPLE,
    ("POST", "/api/users/{username}/disable"): _PEOPLE,
    ("POST", "/api/users/{username}/enable"): _PEOPLE,
    ("POST", "/api/users/{username}/confirm"): _PEOPLE,
    ("POST", "/api/users/{username}/password"): _PEOPLE,
    ("DELETE", "/api/users/{username}/sessions"): _PEOPLE,
    ("GET", "/api/live/events"): _EVERYBODY,  # each the kinds that they may see
    ("GET", "/api/checkpoints"): _EVERYBODY_AND_PLATFORMS,
    ("GET", "/api/map"): _EVERYBODY,
    ("GET", "/api/map/layers/{name}"): _EVERYBODY,
    ("GET", "/api/map/tiles/{z}/{x}/{y}"): _EVERYBODY,
    ("GET", "/api/areas"): _DESKS_AND_PLATFORMS,
    ("GET", "/api/passages"): Right(roles=frozenset({_R.OPERATOR, _R.SUPERVISOR}), machines=_READ),
    ("POST", "/api/tracks"): _people(_R.INVESTIGATOR),
    ("GET", "/api/analyses"): _people(_R.INVESTIGATOR),
    ("POST", "/api/analyses/{kind}"): _people(_R.INVESTIGATOR),
    ("GET", "/api/jobs"): _people(_R.INVESTIGATOR),
    ("POST", "/api/jobs"): _people(_R.INVESTIGATOR),
    ("GET", "/api/jobs/{job_id}"): _people(_R.INVESTIGATOR),
    ("DELETE", "/api/jobs/{job_id}"): _people(_R.INVESTIGATOR),
    ("POST", "/api/jobs/{job_id}/cancel"): _people(_R.INVESTIGATOR),
    ("GET", "/api/jobs/{job_id}/findings"): _people(_R.INVESTIGATOR),
    ("POST", "/api/jobs/{job_id}/export"): _people(_R.INVESTIGATOR),
    ("GET", "/api/cases"): _people(_R.INVESTIGATOR, _R.SUPERVISOR),
    ("POST", "/api/cases"): _people(_R.INVESTIGATOR),
    ("GET", "/api/cases/{case_id}"): _people(_R.INVESTIGATOR, _R.SUPERVISOR),
    ("DELETE", "/api/cases/{case_id}"): _people(_R.INVESTIGATOR),
    ("POST", "/api/cases/{case_id}/questions"): _people(_R.INVESTIGATOR),
    ("DELETE", "/api/cases/{case_id}/questions/{number}"): _people(_R.INVESTIGATOR),
    ("GET", "/api/federation/peers"): _people(_R.INVESTIGATOR),
    ("POST", "/api/federation/tracks"): _people(_R.INVESTIGATOR),
    ("POST", "/api/federation/peers/{peer}/images/{reference}"): _people(_R.INVESTIGATOR),
    ("POST", "/api/federation/answers/tracks"): Right(peers=True),
    ("POST", "/api/federation/answers/images"): Right(peers=True),
    ("POST", "/api/searches"): _people(_R.INVESTIGATOR),
    ("POST", "/api/searches/way"): _people(_R.INVESTIGATOR),
    ("POST", "/api/searches/export"): _people(_R.INVESTIGATOR),
    ("GET", "/api/search-grants"): _people(_R.INVESTIGATOR, _R.SUPERVISOR),
    ("POST", "/api/search-grants"): _people(_R.INVESTIGATOR),
    ("POST", "/api/search-grants/{grant_id}/grant"): _people(_R.SUPERVISOR),
    ("POST", "/api/search-grants/{grant_id}/refuse"): _people(_R.SUPERVISOR),
    ("POST", "/api/search-grants/{grant_id}/revoke"): _people(_R.SUPERVISOR),
    ("GET", "/api/orders"): _people(*_ON_ORDERS),
    ("POST", "/api/orders"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/submit"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/approve"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/reject"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/withdraw"): _people(_R.APPLICANT, _R.APPROVER, _R.SUPERVISOR),
    ("POST", "/api/orders/{order_id}/retro"): _people(_R.APPLICANT, _R.APPROVER, _R.SUPERVISOR),
    ("POST", "/api/orders/estimate"): _people(_R.APPLICANT),
    ("GET", "/api/orders/quality"): _people(_R.APPROVER, _R.SUPERVISOR, _R.AUDITOR, whole_network=True),
    ("GET", "/api/orders/{order_id}"): _people(*_ON_ORDERS),
    ("GET", "/api/orders/{order_id}/estimate"): _people(_R.APPLICANT, _R.APPROVER, _R.SUPERVISOR),
    ("POST", "/api/orders/{order_id}/emergency"): _people(_R.EMERGENCY),
    ("GET", "/api/orders/{order_id}/revisions"): _people(*_ON_ORDERS),
    ("POST", "/api/orders/{order_id}/revisions"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/renewals"): _people(_R.APPLICANT),
    ("POST", "/api/orders/{order_id}/revisions/{number}/accept"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/revisions/{number}/refuse"): _people(_R.APPROVER),
    ("POST", "/api/orders/{order_id}/revisions/{number}/call-back"): _people(_R.APPLICANT),
    ("GET", "/api/hotlists"): _people(*_ON_ORDERS),
    ("POST", "/api/hotlists"): _people(_R.APPLICANT),
    ("GET", "/api/hotlists/{hotlist_id}/imports"): _people(
        _R.APPLICANT, _R.APPROVER, _R.SUPERVISOR, _R.AUDITOR
    ),
    ("POST", "/api/hotlists/{hotlist_id}/imports"): _people(_R.APPLICANT),
    ("GET", "/api/hotlists/{hotlist_id}/imports/{number}"): _people(
        _R.APPLICANT, _R.APPROVER, _R.SUPERVISOR, _R.AUDITOR
    ),
    ("GET", "/api/hotlists/{hotlist_id}/imports/{number}/changes"): _people(_R.APPLICANT, _R.APPROVER),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/confirm"): _people(_R.APPLICANT),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/drop"): _people(_R.APPLICANT),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/approve"): _people(_R.APPROVER),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/reject"): _people(_R.APPROVER),
    ("GET", "/api/hotlists/{hotlist_id}/rows"): _people(_R.APPLICANT, _R.APPROVER, whole_network=True),
    ("GET", "/api/alerts"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/alerts/{alert_id}"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("POST", "/api/alerts/{alert_id}/steps"): _people(_R.OPERATOR),
    ("POST", "/api/alerts/hand-over"): _people(_R.OPERATOR),
    ("POST", "/api/alerts/accept"): _people(_R.OPERATOR),
    ("GET", "/api/roster"): _people(*_ON_DUTY),
    ("GET", "/api/roster/duty"): _people(*_ON_DUTY),
    ("POST", "/api/roster/shifts"): _people(_R.SUPERVISOR),
    ("DELETE", "/api/roster/shifts/{shift_id}"): _people(_R.SUPERVISOR),
    ("POST", "/api/roster/import"): _people(_R.SUPERVISOR),
    ("GET", "/api/alerts/{alert_id}/interception"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("POST", "/api/alerts/{alert_id}/interception"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/flow/sections"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/flow/today"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/flow/forecast"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/flow/placement"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/units"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("PUT", "/api/units/{unit_id}"): _people(_R.SUPERVISOR, _R.ADMINISTRATOR, whole_network=True),
    ("DELETE", "/api/units/{unit_id}"): _people(_R.SUPERVISOR, _R.ADMINISTRATOR, whole_network=True),
    ("POST", "/api/units/{unit_id}/status"): _people(_R.OPERATOR, _R.SUPERVISOR, _R.PATROL),
    ("POST", "/api/units/{unit_id}/position"): Right(
        roles=frozenset({_R.PATROL}), machines=frozenset({TokenScope.POSITIONS})
    ),
    ("GET", "/api/units/{unit_id}/positions"): _people(_R.SUPERVISOR),
    ("GET", "/api/patrol"): _PATROL,
    ("GET", "/api/patrol/dispatches/{alert_id}/interception"): _PATROL,
    ("POST", "/api/patrol/dispatches/{alert_id}/steps"): _PATROL,
    ("POST", "/api/patrol/dispatches/{alert_id}/photos"): _PATROL,
    ("GET", "/api/assessment"): _people(_R.SUPERVISOR),
    ("GET", "/api/assessment/csv"): _people(_R.SUPERVISOR),
    ("GET", "/api/targets"): _TARGETS,
    ("POST", "/api/targets"): _TARGETS,
    ("PUT", "/api/targets/{target_id}"): _TARGETS,
    ("POST", "/api/targets/{target_id}/secret"): _TARGETS,
    ("GET", "/api/deliveries"): _people(_R.ADMINISTRATOR, _R.SUPERVISOR, whole_network=True),
    ("POST", "/api/deliveries/{delivery_id}/resend"): _TARGETS,
    ("GET", "/api/nodes"): Right(
        roles=frozenset({_R.OPERATOR, _R.SUPERVISOR, _R.ADMINISTRATOR}), machines=_READ
    ),
    ("GET", "/api/statistics"): _DESKS_AND_PLATFORMS,
    ("GET", "/api/statistics/sources"): _people(_R.OPERATOR, _R.SUPERVISOR),
    ("GET", "/api/watchlist"): _people(_R.SUPERVISOR, _R.AUDITOR),
    ("GET", "/api/watchlist/key"): Right(machines=frozenset({TokenScope.WATCHLIST})),
    ("GET", "/api/watchlist/versions/{version}"): _people(_R.SUPERVISOR, _R.AUDITOR),
    ("GET", "/api/watchlist/versions/{version}/orders/{order_id}"): _people(_R.AUDITOR, whole_network=True),
    ("GET", "/api/holds"): _HOLDS,
    ("POST", "/api/holds"): _HOLDS,
    ("POST", "/api/holds/{hold_id}/lift"): _HOLDS,
    ("GET", "/api/retention"): _people(_R.SUPERVISOR, _R.AUDITOR, _R.ADMINISTRATOR),
    ("GET", "/api/audit"): _AUDITOR,
    ("POST", "/api/audit/verification"): _AUDITOR,
    ("GET", "/api/audit/digests"): _AUDITOR,
    ("GET", "/api/images/{sha256}"): Right(roles=_SEE_IMAGES),
    ("HEAD", "/api/images/{sha256}"): Right(roles=_SEE_IMAGES, machines=_IMAGES),
    ("PUT", "/api/images/{sha256}"): _NODE,
    ("HEAD", "/api/images/{sha256}/upload"): _NODE,
    ("PATCH", "/api/images/{sha256}/upload"): _NODE,
    ("GET", "/api/machine-tokens"): _PEOPLE,
    ("POST", "/api/machine-tokens"): _PEOPLE,
    ("DELETE", "/api/machine-tokens/{token_id}"): _PEOPLE,
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
    "interception": ("GET", "/api/alerts/{alert_id}/interception"),
}


def kinds_for(roles: Iterable[Role]) -> frozenset[str]:
    """Kinds of live events that people of these roles may see."""
    mine = frozenset(roles)
    return frozenset(kind for kind, route in LIVE_KINDS.items() if RIGHTS[route].roles & mine)
