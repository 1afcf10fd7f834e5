"""Grafana's dashboards, from a table; `python -m deploy.dashboards` writes the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "grafana" / "dashboards"
_WIDE, _HALF, _ROW_HEIGHT = 24, 12, 8
_DATASOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart."""

    title: str
    says: str  #: what a person learns from it
    queries: tuple[tuple[str, str], ...]  #: PromQL and the legend of its lines
    unit: str = "short"
    width: int = _HALF
    limit: float | None = None  #: above it the chart turns red


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def _quantile(share: float, metric: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[$__rate_interval])))"


CENTRE = Dashboard(
    uid="bukong-centre",
    title="bukong: the centre",
    panels=(
        Panel(
            title="Passing → alert",
            says="How long after a vehicle's passing its alert was there. An outbox that comes back shows too.",
            queries=(
                (_quantile(0.5, "bukong_match_alert_delay_seconds"), "p50"),
                (_quantile(0.99, "bukong_match_alert_delay_seconds"), "p99"),
            ),
            unit="s",
            limit=5,
        ),
        Panel(
            title="Passages stored",
            says="New ones, and those that came again: at-least-once at work.",
            queries=(
                ("sum(rate(bukong_ingest_passages_stored_total[$__rate_interval]))", "new"),
                ("sum(rate(bukong_ingest_passages_known_total[$__rate_interval]))", "came again"),
            ),
            unit="ops",
        ),
        Panel(
            title="Waiting on the bus",
            says="Records that a group has not committed. One that grows is too slow: start another process.",
            queries=(("max by (group) (bukong_bus_lag_records)", "{{group}}"),),
            limit=5000,
        ),
        Panel(
            title="Alerts raised",
            says="A minute.",
            queries=(("60 * sum(rate(bukong_match_alerts_raised_total[$__rate_interval]))", "alerts/min"),),
        ),
        Panel(
            title="Time of one insert",
            says="Into the passage store.",
            queries=(
                (_quantile(0.5, "bukong_ingest_store_seconds"), "p50"),
                (_quantile(0.99, "bukong_ingest_store_seconds"), "p99"),
            ),
            unit="s",
        ),
        Panel(
            title="Time to match a batch",
            says="Alerts included: a slow PostgreSQL shows here.",
            queries=(
                (_quantile(0.5, "bukong_match_seconds"), "p50"),
                (_quantile(0.99, "bukong_match_seconds"), "p99"),
            ),
            unit="s",
        ),
        Panel(
            title="Watchlist in use",
            says="Every matcher must come to the same version within seconds.",
            queries=(
                ("bukong_match_watchlist_version", "version at {{instance}}"),
                ("max(bukong_match_watchlist_entries)", "orders"),
            ),
        ),
        Panel(
            title="Refused and restarted",
            says="Anything here wants a person.",
            queries=(
                (
                    "sum by (refused_by) (increase(bukong_dead_letters_total[5m]))",
                    "dead letters of {{refused_by}}",
                ),
                ("sum by (part) (increase(bukong_part_restarts_total[5m]))", "restarts of {{part}}"),
                ("sum(increase(bukong_bus_assignments_lost_total[5m]))", "assignments lost"),
            ),
            limit=1,
        ),
        Panel(
            title="Deleted for its age",
            says="What retention removed, by kind.",
            queries=(("sum by (kind) (increase(bukong_retention_deleted_total[1h]))", "{{kind}}"),),
        ),
        Panel(
            title="Heartbeats",
            says="Taken in a second: a step down is a region without a link.",
            queries=(("sum(rate(bukong_fleet_heartbeats_total[$__rate_interval]))", "heartbeats/s"),),
        ),
        Panel(
            title="Processors",
            says="Cores that each process uses.",
            queries=(
                (
                    "rate(process_cpu_seconds_total{job='bukong-central'}[$__rate_interval])",
                    "cores {{instance}}",
                ),
            ),
        ),
        Panel(
            title="Memory",
            says="Resident, of each process: bounded, whatever waits on the bus.",
            queries=(('process_resident_memory_bytes{job="bukong-central"}', "{{instance}}"),),
            unit="bytes",
        ),
    ),
)

EDGE = Dashboard(
    uid="bukong-edge",
    title="bukong: the edge",
    panels=(
        Panel(
            title="Cameras that give frames",
            says="1: frames come. A blind camera sees no vehicle.",
            queries=(("bukong_edge_camera_alive", "{{instance}} {{camera}}"),),
        ),
        Panel(
            title="Passages a minute",
            says="By camera; a fall against its own past is a camera to look at.",
            queries=(
                ("60 * sum by (camera) (rate(bukong_edge_passages_total[$__rate_interval]))", "{{camera}}"),
            ),
        ),
        Panel(
            title="Share not legible",
            says="A dirty lens, a lamp that is out, covered plates.",
            queries=(
                (
                    "sum by (camera) (rate(bukong_edge_unread_total[15m]))"
                    " / sum by (camera) (rate(bukong_edge_passages_total[15m]))",
                    "{{camera}}",
                ),
            ),
            unit="percentunit",
            limit=0.2,
        ),
        Panel(
            title="Frames lost",
            says="The node is too slow for its cameras.",
            queries=(
                (
                    "sum by (camera) (rate(bukong_edge_frames_dropped_total[$__rate_interval]))",
                    "{{camera}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            title="Waiting in the outbox",
            says="Passages and pictures that the link has not carried yet.",
            queries=(("bukong_edge_outbox_waiting", "{{instance}} {{kind}}"),),
        ),
        Panel(
            title="Outbox on the disk",
            says="Near its limit, pictures of passages without a hit go first.",
            queries=(("bukong_edge_outbox_bytes", "{{instance}}"),),
            unit="bytes",
        ),
        Panel(
            title="Evidence let go, refused or lost",
            says="Anything here wants a person.",
            queries=(
                ("increase(bukong_edge_outbox_evicted_total[1h])", "let go {{instance}}"),
                ("increase(bukong_edge_outbox_refused_total[1h])", "refused {{instance}}"),
                ("increase(bukong_edge_outbox_lost_images_total[1h])", "lost {{instance}}"),
            ),
            limit=1,
        ),
        Panel(
            title="Time a stage takes",
            says="p95, by stage.",
            queries=((_quantile(0.95, "bukong_edge_stage_seconds", "stage"), "{{stage}}"),),
            unit="s",
        ),
        Panel(
            title="To the bus",
            says="Passages the bus acknowledged, and tries that failed.",
            queries=(
                (
                    "sum by (instance) (rate(bukong_edge_relay_published_total[1m]))",
                    "{{instance}}",
                ),
                (
                    "sum by (instance) (rate(bukong_edge_relay_failures_total[1m]))",
                    "failed {{instance}}",
                ),
            ),
            unit="ops",
            width=_WIDE,
        ),
    ),
)
DASHBOARDS = (CENTRE, EDGE)


def document(dashboard: Dashboard) -> str:
    """The file that Grafana loads."""
    panels: list[dict[str, Any]] = []
    x = y = 0
    for number, panel in enumerate(dashboard.panels, start=1):
        if x + panel.width > _WIDE:
            x, y = 0, y + _ROW_HEIGHT
        panels.append(_panel(number, panel, x, y))
        x += panel.width
    page = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "schemaVersion": 39,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "10s",
        "timezone": "browser",
        "tags": ["bukong"],
        "panels": panels,
    }
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


def _panel(number: int, panel: Panel, x: int, y: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": _ROW_HEIGHT},
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": _DATASOURCE, "expr": expression, "legendFormat": legend}
            for i, (expression, legend) in enumerate(panel.queries)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "off" if panel.limit is None else "line"}},
            },
            "overrides": [],
        },
    }


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(document(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
