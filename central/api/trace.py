"""What each route leaves in the audit trail: the one table. A test drives every route that says it leaves
something, and fails for a route that is not in here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traced:
    """A call that is answered leaves an entry."""

    action: str  #: "*" stands for what the call itself says, as a step's name


@dataclass(frozen=True, slots=True)
class Untraced:
    """It needs none."""

    why: str


_OWN = Untraced("tells people what is theirs; opening and ending it is traced")
_OWN_QUESTIONS = Untraced("what one asked oneself; asking it and reading what was found is traced")
_STAFF = Untraced("tells how the police are organised, nothing of a vehicle; every change is traced")
_NETWORK = Untraced("tells of sites and machines, nothing of a vehicle")
_LAND = Untraced("tells of streets, nothing of a vehicle")
_FIGURES = Untraced("counts; a vehicle can't be told from them")
_NODE = Untraced("a node hands in what it saw; nothing is shown to anybody")
_WORK = Untraced("the queue that people work from: what they open or do of it is traced")
_ROADSIDE = Untraced("a unit's work, which the step of the dispatch tells of; what it does and opens is traced")
_MACHINE = Untraced("asked by machines; says how the centre does")

#: (method, path) → what it leaves.
TRACES: dict[tuple[str, str], Traced | Untraced] = {
    ("POST", "/api/session"): Traced("session.open"),  # refused: session.refused
    ("GET", "/api/session"): _OWN,
    ("DELETE", "/api/session"): Traced("session.close"),
    ("POST", "/api/session/password"): Traced("password.change"),
    ("GET", "/api/sessions"): _OWN,
    ("DELETE", "/api/sessions/{session_id}"): Traced("session.end"),
    ("GET", "/api/users"): _STAFF,
    ("POST", "/api/users"): Traced("user.create"),
    ("GET", "/api/users/{username}"): _STAFF,
    ("PATCH", "/api/users/{username}"): Traced("user.change"),
    ("POST", "/api/users/{username}/disable"): Traced("user.disable"),
    ("POST", "/api/users/{username}/enable"): Traced("user.enable"),
    ("POST", "/api/users/{username}/confirm"): Traced("user.confirm"),
    ("POST", "/api/users/{username}/password"): Traced("password.reset"),
    ("DELETE", "/api/users/{username}/sessions"): Traced("session.end"),
    ("GET", "/api/sign-on"): _OWN,
    ("GET", "/api/sign-on/start"): Untraced("sends a browser to the provider; what comes of it is traced"),
    ("GET", "/api/sign-on/callback"): Traced("session.open"),  # refused: session.refused
    ("GET", "/api/watchlist"): _NETWORK,
    ("GET", "/api/watchlist/key"): Traced("watchlist.key"),
    ("GET", "/api/watchlist/versions/{version}"): _NETWORK,
    ("GET", "/api/watchlist/versions/{version}/orders/{order_id}"): Traced("watchlist.held"),
    ("GET", "/api/assessment"): Traced("assessment.read"),
    ("GET", "/api/assessment/csv"): Traced("assessment.read"),
    ("GET", "/api/live/events"): Traced("live.open"),
    ("GET", "/api/hotlists"): _WORK,
    ("POST", "/api/hotlists"): Traced("hotlist.create"),
    ("GET", "/api/hotlists/{hotlist_id}/imports"): _WORK,
    ("POST", "/api/hotlists/{hotlist_id}/imports"): Traced("hotlist.receive"),
    ("GET", "/api/hotlists/{hotlist_id}/imports/{number}"): _WORK,
    ("GET", "/api/hotlists/{hotlist_id}/imports/{number}/changes"): Traced("hotlist.look"),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/confirm"): Traced("hotlist.confirm"),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/approve"): Traced("hotlist.approve"),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/reject"): Traced("hotlist.reject"),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/drop"): Traced("hotlist.drop"),
    ("GET", "/api/hotlists/{hotlist_id}/rows"): Traced("hotlist.export"),
    ("GET", "/api/targets"): _NETWORK,
    ("POST", "/api/targets"): Traced("target.add"),
    ("PUT", "/api/targets/{target_id}"): Traced("target.change"),
    ("POST", "/api/targets/{target_id}/secret"): Traced("target.change_secret"),
    ("GET", "/api/deliveries"): _WORK,
    ("POST", "/api/deliveries/{delivery_id}/resend"): Traced("delivery.resend"),
    ("GET", "/api/checkpoints"): _NETWORK,
    ("GET", "/api/map"): _LAND,
    ("GET", "/api/map/layers/{name}"): _LAND,
    ("GET", "/api/map/tiles/{z}/{x}/{y}"): _LAND,
    ("GET", "/api/areas"): _NETWORK,
    ("GET", "/api/passages"): Traced("passage.list"),
    ("POST", "/api/tracks"): Traced("track.search"),
    ("POST", "/api/searches"): Traced("passage.search"),
    ("POST", "/api/searches/way"): Traced("way.search"),
    ("POST", "/api/searches/export"): Traced("passage.export"),
    ("GET", "/api/analyses"): Untraced("tells which analyses there are"),
    ("POST", "/api/analyses/{kind}"): Traced("analysis.run"),
    ("GET", "/api/jobs"): _OWN_QUESTIONS,
    ("POST", "/api/jobs"): Traced("job.start"),
    ("GET", "/api/jobs/{job_id}"): _OWN_QUESTIONS,
    ("DELETE", "/api/jobs/{job_id}"): Traced("job.discard"),
    ("POST", "/api/jobs/{job_id}/cancel"): Traced("job.cancel"),
    ("GET", "/api/jobs/{job_id}/findings"): Traced("job.read"),
    ("POST", "/api/jobs/{job_id}/export"): Traced("job.export"),
    ("GET", "/api/cases"): Untraced("tells which cases there are, nothing of a vehicle; reading one is traced"),
    ("POST", "/api/cases"): Traced("case.open"),
    ("GET", "/api/cases/{case_id}"): Traced("case.read"),
    ("DELETE", "/api/cases/{case_id}"): Traced("case.discard"),
    ("POST", "/api/cases/{case_id}/questions"): Traced("case.keep"),
    ("DELETE", "/api/cases/{case_id}/questions/{number}"): Traced("case.let_go"),
    ("GET", "/api/search-grants"): _WORK,
    ("POST", "/api/search-grants"): Traced("grant.ask"),
    ("POST", "/api/search-grants/{grant_id}/grant"): Traced("grant.grant"),
    ("POST", "/api/search-grants/{grant_id}/refuse"): Traced("grant.refuse"),
    ("POST", "/api/search-grants/{grant_id}/revoke"): Traced("grant.revoke"),
    ("GET", "/api/orders"): _WORK,
    ("POST", "/api/orders"): Traced("order.create"),
    ("POST", "/api/orders/{order_id}/submit"): Traced("order.submit"),
    ("POST", "/api/orders/{order_id}/approve"): Traced("order.approve"),
    ("POST", "/api/orders/{order_id}/reject"): Traced("order.reject"),
    ("POST", "/api/orders/{order_id}/withdraw"): Traced("order.withdraw"),
    ("POST", "/api/orders/{order_id}/retro"): Traced("order.retro_again"),
    ("GET", "/api/orders/quality"): _FIGURES,
    ("POST", "/api/orders/estimate"): Traced("order.estimate"),
    ("GET", "/api/orders/{order_id}"): _WORK,
    ("GET", "/api/orders/{order_id}/estimate"): Traced("order.estimate"),
    ("POST", "/api/orders/{order_id}/emergency"): Traced("order.emergency"),
    ("GET", "/api/orders/{order_id}/revisions"): _WORK,
    ("POST", "/api/orders/{order_id}/revisions"): Traced("amendment.propose"),
    ("POST", "/api/orders/{order_id}/renewals"): Traced("renewal.propose"),
    ("POST", "/api/orders/{order_id}/revisions/{number}/accept"): Traced("*.accept"),
    ("POST", "/api/orders/{order_id}/revisions/{number}/refuse"): Traced("*.refuse"),
    ("POST", "/api/orders/{order_id}/revisions/{number}/call-back"): Traced("*.call_back"),
    ("GET", "/api/alerts"): _WORK,
    ("GET", "/api/alerts/{alert_id}"): Traced("alert.view"),
    ("POST", "/api/alerts/{alert_id}/steps"): Traced("alert.*"),
    ("POST", "/api/alerts/hand-over"): Traced("alert.hand_over"),
    ("POST", "/api/alerts/accept"): Traced("alert.accept"),
    ("GET", "/api/alerts/{alert_id}/interception"): Traced("alert.interception"),
    ("POST", "/api/alerts/{alert_id}/interception"): Traced("alert.interception"),
    ("GET", "/api/roster"): _STAFF,
    ("GET", "/api/roster/duty"): _STAFF,
    ("POST", "/api/roster/shifts"): Traced("roster.put"),
    ("DELETE", "/api/roster/shifts/{shift_id}"): Traced("roster.remove"),
    ("POST", "/api/roster/import"): Traced("roster.put"),
    ("GET", "/api/federation/peers"): _NETWORK,
    ("POST", "/api/federation/tracks"): Traced("federation.search"),
    ("POST", "/api/federation/peers/{peer}/images/{reference}"): Traced("federation.image"),
    ("POST", "/api/federation/answers/tracks"): Traced("federation.answer"),
    ("POST", "/api/federation/answers/images"): Traced("federation.give_image"),
    ("GET", "/api/flow/sections"): _FIGURES,
    ("GET", "/api/flow/today"): _FIGURES,
    ("GET", "/api/flow/forecast"): _FIGURES,
    ("GET", "/api/flow/placement"): _FIGURES,
    ("GET", "/api/units"): _STAFF,
    ("PUT", "/api/units/{unit_id}"): Traced("unit.put"),
    ("DELETE", "/api/units/{unit_id}"): Traced("unit.remove"),
    ("POST", "/api/units/{unit_id}/status"): Traced("unit.status"),
    ("POST", "/api/units/{unit_id}/position"): Untraced("a unit's own device tells where it is"),
    ("GET", "/api/units/{unit_id}/positions"): Traced("unit.positions"),
    ("GET", "/api/patrol"): _ROADSIDE,
    ("GET", "/api/patrol/dispatches/{alert_id}/interception"): Traced("alert.interception"),
    ("POST", "/api/patrol/dispatches/{alert_id}/steps"): Traced("alert.*"),
    ("POST", "/api/patrol/dispatches/{alert_id}/photos"): Traced("alert.photo"),
    ("GET", "/api/nodes"): _NETWORK,
    ("GET", "/api/statistics"): _FIGURES,
    ("GET", "/api/statistics/sources"): _FIGURES,
    ("GET", "/api/holds"): Untraced("what must not be deleted, and why; placing and lifting is traced"),
    ("POST", "/api/holds"): Traced("hold.place"),
    ("POST", "/api/holds/{hold_id}/lift"): Traced("hold.lift"),
    ("GET", "/api/retention"): Untraced("tells how long things are kept, nothing of what is"),
    ("GET", "/api/audit"): Traced("audit.read"),
    ("POST", "/api/audit/verification"): Traced("audit.verify"),
    ("GET", "/api/audit/digests"): Traced("audit.digests"),
    ("GET", "/api/images/{sha256}"): Traced("image.view"),
    ("HEAD", "/api/images/{sha256}"): Untraced("tells whether a picture has come, not what it shows"),
    ("PUT", "/api/images/{sha256}"): _NODE,
    ("HEAD", "/api/images/{sha256}/upload"): _NODE,
    ("PATCH", "/api/images/{sha256}/upload"): _NODE,
    ("GET", "/api/machine-tokens"): _STAFF,
    ("POST", "/api/machine-tokens"): Traced("machine_token.create"),
    ("DELETE", "/api/machine-tokens/{token_id}"): Traced("machine_token.revoke"),
    ("GET", "/healthz"): _MACHINE,
    ("GET", "/readyz"): _MACHINE,
    ("GET", "/metrics"): _MACHINE,
}
