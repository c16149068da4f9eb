"""Rows as Parquet, typed by their columns: for whoever goes on to compute with them."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import pyarrow as pa
from pyarrow import json as pyarrow_json
from pyarrow import parquet

from app.domain.extracts.columns import Kind
from app.exchange.scribe.orders import Order

ROW_GROUP = 50_000
BLOCK = 4 << 20
TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", "UTC"),
    Kind.TEXTS: pa.list_(pa.string()),
}
# JSON has no form for these; Arrow reads them from text all the same, when it is asked to.
AS_TEXT = {Kind.DATE, Kind.TIMESTAMP}


def written(order: Order, lines: BinaryIO) -> int:
    pa.set_cpu_count(1)
    about = {f"siks-{name}": value for name, value in order.about.items()}
    schema = pa.schema({name: TYPES[kind] for name, kind in order.columns.items()}, about)
    rows = 0
    with parquet.ParquetWriter(order.path, schema, compression="zstd") as file:
        for group in _groups(_tables(order.columns, schema, lines)):
            file.write_table(group, ROW_GROUP)
            rows += group.num_rows
    return rows


def _tables(columns: Mapping[str, Kind], schema: pa.Schema, lines: BinaryIO) -> Iterator[pa.Table]:
    said = {n: pa.string() if kind in AS_TEXT else TYPES[kind] for n, kind in columns.items()}
    read = pyarrow_json.ParseOptions(
        explicit_schema=pa.schema(said), unexpected_field_behavior="error"
    )
    while block := lines.read(BLOCK):
        block += lines.readline()  # which makes its last line whole
        whole = pyarrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1)
        yield pyarrow_json.read_json(pa.BufferReader(block), whole, read).cast(schema)


def _groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Of so many rows each, however they came."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(each.num_rows for each in held) >= ROW_GROUP:
            whole = pa.concat_tables(held)
            yield whole.slice(0, ROW_GROUP)
            held = [whole.slice(ROW_GROUP)]
    if held:
        yield pa.concat_tables(held)
