"""The pipeline's steps as functions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import inducult_geo
from inducult_geo.errors import ConfigError, ContractError, SourceError, TransientError
from inducult_geo.frames import RECORD_COLUMNS, as_records, as_sites, from_json

SQUARE = [[[8.9, 46.9], [9.1, 46.9], [9.1, 47.1], [8.9, 47.1], [8.9, 46.9]]]
WORKS = {"type": "node", "id": 5, "lat": 47.0, "lon": 9.0, "version": 2, "timestamp": "2024-01-02T03:04:05Z"}
ANSWER = {
    "osm3s": {"timestamp_osm_base": "2024-03-04T21:00:00Z"},
    "elements": [{**WORKS, "tags": {"man_made": "works", "name": "Spinnerei"}}],
}


@contextmanager
def servers(places: list[dict], *, status: int = 200) -> Iterator[str]:
    """Serve a geocoder and an Overpass on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(places)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(ANSWER)

        def _send(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


PLACE = {
    "place_id": 1,
    "osm_type": "relation",
    "osm_id": 1,
    "boundingbox": ["46.9", "47.1", "8.9", "9.1"],
    "importance": 0.5,
    "lat": "47",
    "lon": "9",
    "display_name": "Somewhere",
    "geojson": {"type": "Polygon", "coordinates": SQUARE},
}


def test_a_place_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with servers([PLACE]) as url:
        monkeypatch.setattr("osmnx.settings.nominatim_url", f"{url}/")
        monkeypatch.setenv("INDUCULT_OVERPASS_URLS", f"{url}/api")
        records = inducult_geo.read_osm(place="Somewhere")
    assert [*records["record_key"]] == ["osm:node/5"]
    assert [*records.columns] == [*RECORD_COLUMNS, "geometry"]
    assert records.crs.to_epsg() == 3035
    assert [*tmp_path.iterdir()] == []


def test_an_unknown_place_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with servers([]) as url:
        monkeypatch.setattr("osmnx.settings.nominatim_url", f"{url}/")
        with pytest.raises(SourceError, match="no polygon of a place 'Nowhere'"):
            inducult_geo.read_osm(place="Nowhere")


def test_a_server_that_stays_busy_is_not_asked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = HTTPStatus.GATEWAY_TIMEOUT
    with servers([PLACE], status=busy) as url:
        monkeypatch.setattr("osmnx.settings.nominatim_url", f"{url}/")
        monkeypatch.setenv("INDUCULT_HTTP_DEADLINE_S", "2")
        with pytest.raises(TransientError, match="no answer within 2 s"):
            inducult_geo.read_osm(place="Somewhere")


def test_either_a_path_or_a_place() -> None:
    with pytest.raises(ConfigError, match="either a path or a place"):
        inducult_geo.read_osm()


def test_an_extract_whole_and_clipped(shared: Path) -> None:
    from shapely.geometry import box

    path = shared / "data" / "osm" / "liechtenstein-2024-03.osm.pbf"
    whole = inducult_geo.read_osm(path)
    part = inducult_geo.read_osm(path, region=box(9.4, 47.1, 9.6, 47.2))
    assert 0 < len(part) < len(whole)
    assert set(part["record_key"]) < set(whole["record_key"])


def test_read_source_keeps_rejected_rows_with_their_reason(repository: Path) -> None:
    contract = repository / "data" / "raw" / "sample" / "partners" / "opole_zabytki.toml"
    records = inducult_geo.read_source(contract, data=repository / "data")
    assert records["reason"].notna().sum() == 1
    assert (records["reading"].dropna() == "axes swapped").all()
    assert records.loc[records["reason"].isna(), "accuracy_m"].gt(0).all()


def test_link_needs_a_release_or_a_contract(tmp_path: Path) -> None:
    from inducult_geo import api

    with pytest.raises(ContractError, match="is not a release"):
        api.records_of_release(tmp_path)
    (tmp_path / "sites.parquet").write_bytes(b"PAR1, and no more")
    with pytest.raises(ContractError, match=r"sites\.parquet: cannot be read: .*Copy the release anew"):
        api.records_of_release(tmp_path)


def test_a_wikidata_item_of_a_release_counts_when_it_is_linked(tmp_path: Path) -> None:
    from inducult_geo import api

    rows = {"site_id": ["IC-1", "IC-2"], "wikidata": ["Q42", None], "name": ["Hut", "Werk"]}
    as_sites(gpd.GeoDataFrame(rows, geometry=[None, None], crs="EPSG:3035")).to_parquet(tmp_path / "sites.parquet")
    release = api.records_of_release(tmp_path)
    assert release["ids"].map(from_json).tolist() == [{"wikidata": "Q42"}, {}]
    mine = as_records(pd.DataFrame([{"record_key": "a:1", "ids": '{"wikidata": "Q42"}', "geometry": None}]))
    (pair,) = inducult_geo.link(mine, release).itertuples()
    assert (pair.left_id, pair.right_id) == ("1", "IC-1")
    assert "identifier shared by these alone" in pair.why
