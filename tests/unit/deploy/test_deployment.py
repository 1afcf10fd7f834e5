"""What lies in deploy/: read by the programs that will read it, and true to the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry

from central.cli import central
from central.config import load_settings
from central.metrics import CentreMetrics
from deploy.dashboards import DASHBOARDS, FOLDER, document
from edge.config import load
from edge.metrics import CameraMetrics
from edge.outbox.metrics import OutboxMetrics
from tests import compose

DEPLOY = Path(__file__).parents[3] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
SECRETS = dict.fromkeys(compose.variables(), "x1") | {"EDGE_FOOTAGE": "./compose/footage"}


def program(name: str, package: str) -> str:
    """Where it is; skips the test without it, and fails it under CI."""
    found = shutil.which(name)
    if found is None:
        missing = f"{name} (Debian: {package}) must be there"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def run(*command: str, folder: Path = DEPLOY, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | (env or {})
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def declared() -> set[str]:
    """Every name under which the code's metrics are scraped."""
    registry = CollectorRegistry()
    CentreMetrics(registry)
    CameraMetrics(registry)
    OutboxMetrics(registry)
    names = set()
    for metric in registry.collect():
        names |= {metric.name, f"{metric.name}_total", f"{metric.name}_bucket", f"{metric.name}_count"}
    return names


def named(text: str) -> set[str]:
    return set(re.findall(r"\bbukong_[a-z_]+", text))


def test_prometheus_takes_its_configuration() -> None:
    run(program("promtool", "prometheus"), "check", "config", "prometheus.yml", folder=PROMETHEUS)


def test_the_alert_rules_fire_when_they_must_and_not_before() -> None:
    run(program("promtool", "prometheus"), "test", "rules", "alerts_test.yml", folder=PROMETHEUS)


def test_every_metric_that_a_rule_or_a_dashboard_names_is_there() -> None:
    rules = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    charts = [query for page in DASHBOARDS for panel in page.panels for query, _ in panel.queries]
    wanted = named("\n".join(expressions + charts))
    assert len(wanted) > 20
    assert wanted <= declared(), sorted(wanted - declared())


def test_every_rule_tells_a_person_what_to_do() -> None:
    rules = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
            assert len(rule["annotations"]["description"]) > 30, rule["alert"]


def test_the_dashboards_files_are_what_their_table_says() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{page.uid}.json" for page in DASHBOARDS}
    for page in DASHBOARDS:
        assert (FOLDER / f"{page.uid}.json").read_text(encoding="utf-8") == document(page), (
            "run: python -m deploy.dashboards"
        )


def test_no_panel_lies_on_another() -> None:
    for page in DASHBOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(document(page))["panels"]:
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24
            cells = {
                (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken
            taken |= cells


def test_the_compose_file_is_valid_and_asks_for_every_secret(tmp_path: Path) -> None:
    client = program("docker-compose", "docker-compose")
    run(client, "-f", "compose.yaml", "config", "--quiet", env=SECRETS)
    for name in sorted(compose.variables() - {"EDGE_TOKEN", "EDGE_FOOTAGE"}):
        without = {key: value for key, value in SECRETS.items() if key != name}
        refused = subprocess.run(
            [client, "-f", "compose.yaml", "config", "--quiet"],
            cwd=DEPLOY,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | without,
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode != 0, name
        assert "set it in the env file" in refused.stderr
    asked = set(re.findall(r"^(\w+)=", compose.EXAMPLE_ENV.read_text(encoding="utf-8"), re.MULTILINE))
    assert asked == compose.variables()


def test_every_service_of_the_centre_is_a_command_with_settings_that_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(central, click.Group)
    found = set()
    for name, service in compose.services(SECRETS).items():
        if service.get("image") != "bukong-central" or "entrypoint" in service:
            continue
        for key, value in service["environment"].items():
            monkeypatch.setenv(key, str(value))
        settings = load_settings(DEPLOY / "compose" / "central.toml")
        assert settings.bus.engine == "kafka"
        assert settings.records.engine == "postgresql"
        assert settings.passages.engine == "clickhouse"
        assert settings.state.engine == "redis"
        command = service["command"][-1]
        assert command in central.commands, command
        found.add(name)
    assert found == {"ingest", "match", "dispatch", "api"}


def test_the_edges_settings_are_taken() -> None:
    settings = load(DEPLOY / "compose" / "edge.toml")
    assert settings.metrics_port == 9101
    (targets,) = yaml.safe_load((PROMETHEUS / "nodes" / "example.yml").read_text(encoding="utf-8"))
    assert targets["targets"] == [f"edge:{settings.metrics_port}"]


def test_systemd_takes_the_edges_unit(tmp_path: Path) -> None:
    verify = program("systemd-analyze", "systemd")
    # Installed where it will be, since the program must be there.
    unit = (DEPLOY / "systemd" / "bukong-edge.service").read_text(encoding="utf-8")
    here = tmp_path / "bukong-edge.service"
    here.write_text(unit.replace("/opt/bukong/bin/bukong", "/bin/true"), encoding="utf-8")
    assert run(verify, "verify", str(here)) == ""
    exposure = run(verify, "security", "--offline=true", str(here))
    overall = re.search(r"Overall exposure level.*?: ([\d.]+)", exposure)
    assert overall is not None
    assert float(overall[1]) < 2.5
    # The topology's test runs the image's command: the unit must say the same.
    assert f" edge {' '.join(compose.command_of('edge'))}\n" in unit


@pytest.mark.parametrize("name", ["central", "edge"])
def test_the_images_install_what_is_pinned(name: str) -> None:
    text = (DEPLOY / "docker" / f"{name}.Dockerfile").read_text(encoding="utf-8")
    assert f"requirements/{name}.txt" in text
    assert "--require-hashes" in text
    assert "\nUSER bukong\n" in text
    pinned = (DEPLOY.parent / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in pinned
    tested = (DEPLOY.parent / "requirements" / "dev.txt").read_text(encoding="utf-8")
    for line in re.findall(r"^[a-z0-9-]+==\S+", pinned, re.MULTILINE):
        assert line in tested, f"{line} is not what is tested: make requirements"
