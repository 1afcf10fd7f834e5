"""The centre's settings and the example that documents them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from central.config import (
    CentreSettings,
    ConfigError,
    RetentionSettings,
    example_toml,
    load_settings,
    shown_url,
)

EXAMPLE = Path(__file__).parents[3] / "deploy" / "central.example.toml"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("BUKONG_CENTRAL")]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    path = folder / "central.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_what_the_settings_say_of_themselves() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example_toml()


def test_the_example_can_be_used_and_holds_the_defaults() -> None:
    loaded = load_settings(EXAMPLE)
    (checkpoint,) = loaded.checkpoints
    assert checkpoint.checkpoint().directions == ("inbound", "outbound")
    assert loaded.model_copy(update={"areas": (), "checkpoints": (), "roads": ()}) == CentreSettings()


def test_the_example_says_of_every_setting_what_it_means() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# "), line
    # A neighbour that is made up is shown, not set.
    assert {*tomllib.loads("\n".join(lines)), "peers"} == set(CentreSettings.model_fields)


def test_environment_overrules_the_file_and_the_file_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "data = 'x'\n[http]\nhost = '0.0.0.0'\nport = 9000\n")
    monkeypatch.setenv("BUKONG_CENTRAL__HTTP__PORT", "9001")
    loaded = load_settings(file)
    assert (loaded.http.host, loaded.http.port, str(loaded.data)) == ("0.0.0.0", 9001, "x")
    assert loaded.retention == CentreSettings().retention


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[http]\nport = 99999", r"http\.port: .*65535 \(got 99999\)"),
        ("[http]\nprot = 1", r"http\.prot: Extra inputs"),
        ("colour = 'blue'", r"colour: Extra inputs"),
        ("[bus]\nengine = 'pigeons'", r"bus\.engine: .*'embedded'"),
        ("[[checkpoints]]\nname = 'x'", r"checkpoints\.0\.id: Field required"),
        ("[http", "can't read"),
        ("[[checkpoints]]\nid='a'\nname='x'\n[[checkpoints]]\nid='a'\nname='y'", "expected .* got twice a"),
        ("[[checkpoints]]\nid='a'\nname='x'\narea='b'", r"expected 'a' in an area of \[\[areas\]\], got 'b'"),
        ("[[areas]]\nid='a'\nname='x'\nparent='b'", "expected 'a' in an area that there is, got 'b'"),
    ],
)
def test_a_mistake_is_named_with_what_was_expected(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_settings(written(tmp_path, text))


@pytest.mark.parametrize(
    "name",
    ["BUKONG_CENTRAL__XXX", "BUKONG_CENTRAL__RECORD__URL", "BUKONG_CENTRAL__", "bukong_central__htpp__port"],
)
def test_an_environment_variable_of_no_setting(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(ConfigError, match=f"{name}: expected a section of .*records, ") as mistaken:
        load_settings()
    assert "hunter2" not in str(mistaken.value)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_settings(tmp_path / "nowhere.toml")


def test_the_bus_file_is_below_the_data_folder_unless_it_says_where(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "data = '/d'")).bus_file == Path("/d/bus.db")
    assert load_settings(written(tmp_path, "data = '/d'\n[bus]\nfile = '/e/b'")).bus_file == Path("/e/b")


URL = "postgresql://bukong:hunter2@db.example:5433/bukong"


def test_the_records_url_comes_by_the_environment_and_is_shown_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BUKONG_CENTRAL__RECORDS__ENGINE", "postgresql")
    monkeypatch.setenv("BUKONG_CENTRAL__RECORDS__URL", URL)
    loaded = load_settings()
    assert loaded.records.url.get_secret_value() == URL
    shown = loaded.model_dump(mode="json")["records"]
    assert shown == {"engine": "postgresql", "url": "postgresql://bukong:***@db.example:5433/bukong"}
    assert "hunter2" not in repr(loaded)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        ("postgresql://db/bukong", "postgresql://db/bukong"),
        ("postgresql://u@/bukong?host=/run/pg", "postgresql://u@/bukong?host=/run/pg"),
        ("postgresql://u:a:b@c@db/bukong", "postgresql://u:***@db/bukong"),
        ("postgresql://db/bukong?user=u&password=hunter2", "postgresql://db/bukong?…"),
    ],
)
def test_a_url_for_peoples_eyes(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[records]\nengine = 'postgresql'", r"records\.url: .*expected one that begins with postgresql://"),
        ("[records]\nengine = 'postgresql'\nurl = 'mysql://u:hunter2@h/d'", r"records\.url: .*postgresql://"),
        (f"[records]\nurl = '{URL}'", r"records\.url: .*expected none unless engine"),
        (f"[records]\nrul = '{URL}'", r"records\.rul: Extra inputs"),
        ("records = 'postgresql://u:hunter2@h/d'", r"records: "),
        (f"[records]\nengine = 'mysql'\nurl = '{URL}'", r"records\.engine: .*'postgresql' \(got 'mysql'\)"),
    ],
)
def test_a_mistake_in_the_records_url_is_named_without_showing_it(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint) as mistaken:
        load_settings(written(tmp_path, text))
    assert "hunter2" not in str(mistaken.value)


def test_a_state_in_redis_needs_its_url_and_shows_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"state\.url: .*redis://"):
        load_settings(written(tmp_path, "[state]\nengine = 'redis'\n"))
    with pytest.raises(ConfigError, match="expected none unless") as error:
        load_settings(written(tmp_path, "[state]\nurl = 'redis://:s3cret@cache'\n"))
    assert "s3cret" not in str(error.value)
    monkeypatch.setenv("BUKONG_CENTRAL__STATE__URL", "rediss://bukong:s3cret@cache.example/0")
    loaded = load_settings(written(tmp_path, "[state]\nengine = 'redis'\nrepeat_window_s = 30\n"))
    assert loaded.state.limits.repeat_window.total_seconds() == 30
    shown = loaded.model_dump_json()
    assert "s3cret" not in shown + repr(loaded)
    assert "rediss://bukong:***@cache.example/0" in shown


OIDC = "[oidc]\nissuer='https://id.example'\nclient_id='bukong'\nredirect_uri='https://b.example/cb'\n"


def test_groups_are_roles_and_areas_as_the_settings_say(tmp_path: Path) -> None:
    rows = "roles=['cn=duty,dc=x=operator']\nareas_claim='b'\nareas=['hq=*', 'e=east']"
    rules = load_settings(written(tmp_path, OIDC + rows)).oidc.rules()
    assert rules.role_of == {"cn=duty,dc=x": "operator"}
    assert rules.area_of == {"hq": "*", "e": "east"}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (OIDC, "expected roles beside an issuer"),
        (OIDC + "roles=['duty']", "expected pairs like this=that, got 'duty'"),
        (OIDC + "roles=['duty=king']", "expected a role of operator, .* got 'king'"),
        ("[oidc]\nissuer='http://id.example'", "expected an address that begins with https://"),
        ("[oidc]\nclient_secret=['hunter2']", r"oidc\.client_secret: "),
    ],
)
def test_a_mistake_in_signing_on_is_named(tmp_path: Path, rows: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as mistaken:
        load_settings(written(tmp_path, rows))
    assert "hunter2" not in str(mistaken.value)


def test_people_are_told_of_everything_that_is_deleted_for_age() -> None:
    kept = RetentionSettings(cases_days=3).kept()
    days = {name.removesuffix("_days") for name in RetentionSettings.model_fields if name.endswith("_days")}
    assert set(kept) == days
    assert kept["cases"] == 3
