"""The tables of passages in ClickHouse's SQL, and how they came to be what they are."""

from __future__ import annotations

from central.store.engine import Engine
from central.store.layout import Layout

#: Applied in order, each once; never changed, only added to.
#:
#: ORDER BY begins with the plate: a vehicle's track is one range of it. A day's partition (a week's, see
#: `Layout`) and each part's own range of captured_at serve the searches by time and go whole when they are too
#: old. Replacing heals what two writers of a server might both insert; on one writer `insert` keeps doubles
#: out, so that no read needs FINAL.
MIGRATIONS = (
    """
    CREATE TABLE passages (
      plate String CODEC(ZSTD(3)),
      captured_at DateTime64(6, 'UTC') CODEC(T64, ZSTD(1)),
      passage_id FixedString(16) CODEC(ZSTD(1)),
      node_id LowCardinality(String) CODEC(ZSTD(1)),
      checkpoint_id LowCardinality(String) CODEC(ZSTD(1)),
      camera_id LowCardinality(String) CODEC(ZSTD(1)),
      lane Int32 CODEC(T64, ZSTD(1)),
      direction LowCardinality(String) CODEC(ZSTD(1)),
      clock LowCardinality(String) CODEC(ZSTD(1)),
      plate_class LowCardinality(String) CODEC(ZSTD(1)),
      colour LowCardinality(String) CODEC(ZSTD(1)),
      confidence UInt16 CODEC(ZSTD(1)),
      plate_rows Int32 CODEC(T64, ZSTD(1)),
      frames Int32 CODEC(T64, ZSTD(1)),
      `lattice.position` Array(UInt8) CODEC(ZSTD(1)),
      `lattice.character` Array(LowCardinality(String)) CODEC(ZSTD(1)),
      `lattice.cost` Array(UInt8) CODEC(ZSTD(1)),
      unread_reason LowCardinality(String) CODEC(ZSTD(1)),
      vehicle_box Array(Int32) CODEC(T64, ZSTD(1)),
      plate_box Array(Int32) CODEC(T64, ZSTD(1)),
      speed Nullable(UInt32) CODEC(T64, ZSTD(1)),
      `evidence.kind` Array(LowCardinality(String)) CODEC(ZSTD(1)),
      `evidence.sha256` Array(FixedString(32)) CODEC(NONE),
      `evidence.size` Array(UInt64) CODEC(T64, ZSTD(1)),
      `evidence.media_type` Array(LowCardinality(String)) CODEC(ZSTD(1)),
      models LowCardinality(String) CODEC(ZSTD(1)),
      INDEX passage_id_bloom passage_id TYPE bloom_filter(0.01) GRANULARITY 1
    )
    ENGINE = ReplacingMergeTree
    PARTITION BY toYYYYMMDD(captured_at)
    ORDER BY (plate, captured_at, passage_id)
    SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1,
      min_rows_to_fsync_after_merge = 1
    """,
    # What two writers inserted both is merged away: the second order is then made anew from what is left. A day
    # that nothing comes to any more is merged to one part: a track reads one place of it.
    """
    ALTER TABLE passages MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild',
      min_age_to_force_merge_seconds = 21600, min_age_to_force_merge_on_partition_only = 1
    """,
    # By place and time: who passed a checkpoint about a moment. Eight bytes a passage; of a search by place and
    # time, only what these columns answer can use it.
    """
    ALTER TABLE passages ADD PROJECTION IF NOT EXISTS by_place (
      SELECT checkpoint_id, captured_at, plate, direction, clock ORDER BY checkpoint_id, captured_at
    )
    """,
    # Of each stretch of plates the runs of four characters: for ?1234 and *1234, where no prefix helps.
    """
    ALTER TABLE passages ADD INDEX IF NOT EXISTS plate_parts plate TYPE ngrambf_v1(4, 512, 3, 0) GRANULARITY 1
    """,
    # What was there already gets both in the background; until then it is read the old way.
    "ALTER TABLE passages MATERIALIZE PROJECTION by_place",
    "ALTER TABLE passages MATERIALIZE INDEX plate_parts",
    # The second order has no codecs of its own: this one is for it, and halves it. Days that were merged before
    # stay as they are.
    "ALTER TABLE passages MODIFY SETTING default_compression_codec = 'ZSTD(3)'",
    # The second order again, in stretches of 256 rows and small blocks: a convoy asks for some minutes at some
    # hundred places, and read half a day for each. 0.7 bytes a passage more.
    "ALTER TABLE passages DROP PROJECTION IF EXISTS by_place",
    """
    ALTER TABLE passages ADD PROJECTION IF NOT EXISTS by_place_and_time (
      SELECT checkpoint_id, captured_at, plate, direction, clock ORDER BY checkpoint_id, captured_at
    ) WITH SETTINGS (index_granularity = 256, min_compress_block_size = 8192)
    """,
    "ALTER TABLE passages MATERIALIZE PROJECTION by_place_and_time",
)
#: Of these, by their numbers from 1, what is made for one process alone. Where several write, reads say FINAL,
#: which uses no second order, and a server may be older than a projection's own settings (ClickHouse 26.4).
_OF_ONE_PROCESS = frozenset({8, 9, 10})
_LEDGER = """
CREATE TABLE IF NOT EXISTS passages_migrations (number UInt32, applied_at DateTime64(3, 'UTC'))
ENGINE = ReplacingMergeTree ORDER BY number SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""


def schema(layout: Layout) -> tuple[str, ...]:
    """The statements that make a new database's tables, in their order: what `migrate` runs, for people's eyes
    and for those who let no program make tables."""
    tables = (layout.ledger(_LEDGER), *(layout.adapted(_harmless(sql)) for _, sql in _made_for(layout)))
    return tuple(sql.strip() for sql in (*tables, layout.over_all(), layout.ttl("")) if sql is not None)


def _made_for(layout: Layout) -> list[tuple[int, str]]:
    return [
        (number, sql)
        for number, sql in enumerate(MIGRATIONS, start=1)
        if layout.one_process or number not in _OF_ONE_PROCESS
    ]


def _harmless(sql: str) -> str:
    # A crash between a migration and its entry leaves a table without it: to make it again must do no harm.
    return sql.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)


def migrate(engine: Engine, layout: Layout) -> int:
    """Apply what this layout misses of MIGRATIONS; returns how many that were. Raises StoreUnavailable."""
    engine.command(layout.ledger(_LEDGER))
    done = set(engine.query("SELECT number FROM passages_migrations").column("number").to_pylist())
    missing = [(number, sql) for number, sql in _made_for(layout) if number not in done]
    for number, sql in missing:
        engine.command(layout.adapted(_harmless(sql)))
        engine.command(
            "INSERT INTO passages_migrations SELECT {number:UInt32}, now64(3, 'UTC')", {"number": number}
        )
    if (over_all := layout.over_all()) is not None:
        engine.command(over_all)
    now = engine.query(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
        {"name": layout.local},
    ).column("engine_full")[0]
    if (ttl := layout.ttl(str(now))) is not None:
        engine.command(ttl)
    return len(missing)
