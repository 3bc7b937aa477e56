"""The peers that are Python packages, each in a process of its own: client.py NAME URL CONNECTIONS FOLDER TABLE...

Each extracts the tables to `FOLDER/TABLE.parquet`, or to files in a folder of the table's name, as its documentation
tells one to, with Parquet's zstd at level 1, which is also pyarrow's own level. Only the one that is asked for is
imported.
"""

import sys
from pathlib import Path


def duckdb(url: str, connections: int, folder: Path, tables: list[str]) -> None:
    """The postgres scanner: binary COPY by ranges of ctid, one connection a thread, all under one snapshot."""
    import duckdb
    import duckdb_extension_postgres_scanner as wheel

    extension = (
        Path(wheel.__file__).parent / "extensions" / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"
    )
    database = duckdb.connect()
    database.execute(f"LOAD '{extension}'")
    database.execute(f"SET threads = {connections}")
    database.execute(f"ATTACH '{url}' AS shop (TYPE postgres, READ_ONLY)")
    database.execute("BEGIN")
    for table in tables:
        database.execute(
            f"COPY (SELECT * FROM shop.public.{table}) TO '{folder / table}.parquet' "
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
    database.execute("COMMIT")


def adbc(url: str, connections: int, folder: Path, tables: list[str]) -> None:
    """Arrow Database Connectivity: binary COPY on its one connection, batch by batch."""
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow.parquet as pq

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM public.{table}")
            batches = cursor.fetch_record_batch()
            path = folder / f"{table}.parquet"
            with pq.ParquetWriter(path, batches.schema, compression="zstd", compression_level=1) as writer:
                for batch in batches:
                    writer.write_batch(batch)


def connectorx(url: str, connections: int, folder: Path, tables: list[str]) -> None:
    """Binary COPY into one Arrow table in memory; two connections split the table by its key."""
    import connectorx
    import pyarrow.parquet as pq

    for table in tables:
        split = {"partition_on": "id", "partition_num": connections} if connections > 1 else {}
        data = connectorx.read_sql(
            url, f"SELECT * FROM public.{table}", return_type="arrow", protocol="binary", **split
        )
        pq.write_table(data, folder / f"{table}.parquet", compression="zstd", compression_level=1)


def pandas(url: str, connections: int, folder: Path, tables: list[str]) -> None:
    """The course's own way: a table is a data frame."""
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.connect() as connection:
        for table in tables:
            frame = pandas.read_sql(sqlalchemy.text(f"SELECT * FROM public.{table}"), connection)
            frame.to_parquet(folder / f"{table}.parquet", index=False, compression="zstd", compression_level=1)


def dlt(url: str, connections: int, folder: Path, tables: list[str]) -> None:
    """Its sql_database source with Arrow, through its own working folder, to its filesystem destination."""
    import os
    import tempfile

    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DATA_WRITER__COMPRESSION": "zstd"}
    import dlt
    from dlt.sources.sql_database import sql_database

    source = sql_database(
        url.replace("postgresql://", "postgresql+psycopg2://", 1), table_names=tables, backend="pyarrow"
    )
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        pipeline = dlt.pipeline(
            "peer", pipelines_dir=work, destination=dlt.destinations.filesystem(folder.as_uri()), dataset_name="shop"
        )
        pipeline.run(source, loader_file_format="parquet")


if __name__ == "__main__":
    name, url, connections, folder, *tables = sys.argv[1:]
    clients = {client.__name__: client for client in (duckdb, adbc, connectorx, pandas, dlt)}
    clients[name](url, int(connections), Path(folder), tables)
