"""A real InfluxDB for tests: Debian's influxd 1.6.7 behind the two paths of 2.x that we write to, mapped to what it knows.

Reads pass unchanged, and only in the portable subset: what 2.x or 3.x would refuse is refused here.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN, READER, ORG, DATABASE = "a-token-of-the-tests", "reader:a-password", "girouette", "girouette"
TIERS = ("raw", "m1", "h1", "d1")
UNPORTABLE = re.compile(
    r"\b(INTO|DELETE|DROP|CREATE|ALTER|SHOW\s+SERIES|SHOW\s+TAG|SLIMIT|SOFFSET|SAMPLE|HOLT_WINTERS)\b", re.IGNORECASE
)
CONF = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{home}/meta"
[data]
  dir = "{home}/data"
  wal-dir = "{home}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
"""


class Influx:
    """One influxd that can be killed and started again; `url`, `token` and `org` are what a store is given."""

    token, reader, org = TOKEN, READER, ORG

    def __init__(self, home: Path, binary: str, *, take_port: Callable[[], int], until: Callable[..., None]) -> None:
        self.home, self.binary, self.until = home, binary, until
        self.port, self.behind, rpc = take_port(), take_port(), take_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.child: subprocess.Popen[bytes] | None = None
        self.door: ThreadingHTTPServer | None = None
        home.mkdir(parents=True, exist_ok=True)
        (home / "influxdb.conf").write_text(CONF.format(home=home, rpc=rpc, http=self.behind))

    def start(self) -> None:
        """Run until it answers; what it held is there again."""
        if self.child is not None:
            return
        with (self.home / "influxd.log").open("ab") as log:
            command = [self.binary, "-config", str(self.home / "influxdb.conf")]
            self.child = subprocess.Popen(command, stdout=log, stderr=log)
        self.until(self._answers, what="influxd answering")
        self.make()
        self.door = _Door(("127.0.0.1", self.port), _Mapping)
        self.door.influx = self
        threading.Thread(target=self.door.serve_forever, args=(0.02,), name="influx-door", daemon=True).start()

    def kill(self) -> None:
        """Kill it at once: nobody listens until it is started again."""
        if self.child is None or self.door is None:
            return
        self.child.kill()
        self.child.wait()
        self.door.shutdown()
        self.door.server_close()
        self.child = self.door = None

    def wipe(self) -> None:
        """Nothing is in it afterwards."""
        self.ask(f'DROP DATABASE "{DATABASE}"')
        self.make()

    def destroy(self) -> None:
        """Kill it and take its files away."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def make(self) -> None:
        """The buckets are there: retention policies of one database."""
        self.ask(f'CREATE DATABASE "{DATABASE}"')
        for tier in TIERS:
            default = " DEFAULT" if tier == "raw" else ""
            self.ask(f'CREATE RETENTION POLICY "{tier}" ON "{DATABASE}" DURATION INF REPLICATION 1{default}')

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The series that influxd itself answers, past the mapping and its limits; times in nanoseconds."""
        body = urlencode({"q": query, "db": DATABASE, "epoch": "ns"})
        status, answer = self.forward(
            "POST", "/query", body.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        result = json.loads(answer)["results"][0]
        assert status == 200, answer
        assert "error" not in result, result
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def forward(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """What influxd says to this request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def delete(self, tier: str, start: str, stop: str, predicate: str) -> None:
        """What 2.x deletes: one bucket's points of a measurement and tags in a time range.

        1.6.7 deletes in all retention policies at once, so what lies in the others is read before and written again.
        """
        tags = dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', predicate))
        where = [f"time >= '{start}'", f"time <= '{stop}'"]
        where += [f"\"{name}\" = '{value}'" for name, value in tags.items() if name != "_measurement"]
        measurement, there = tags["_measurement"], " AND ".join(where)
        saved = {other: self._lines(other, measurement, there) for other in TIERS if other != tier}
        self.ask(f'DELETE FROM "{measurement}" WHERE {there}')
        for other, lines in saved.items():
            status, answer = self.forward("POST", f"/write?db={DATABASE}&rp={other}", "\n".join(lines).encode(), {})
            assert status == 204, answer

    def _lines(self, tier: str, measurement: str, where: str) -> list[str]:
        """Points of a bucket as line protocol."""
        source = f'"{DATABASE}"."{tier}"."{measurement}"'
        kinds = {n: k for s in self.ask(f"SHOW FIELD KEYS FROM {source}") for n, k in s["values"]}
        lines = []
        for series in self.ask(f"SELECT * FROM {source} WHERE {where} GROUP BY *"):
            tags = "".join(f",{n}={_escaped(v)}" for n, v in sorted(series["tags"].items()) if v)
            for row in series["values"]:
                fields = dict(zip(series["columns"], row, strict=True))
                time = fields.pop("time")
                said = ",".join(f"{n}={_said(v, kinds[n])}" for n, v in fields.items() if v is not None)
                lines.append(f"{measurement}{tags} {said} {time}")
        return lines

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.forward("GET", "/ping", None, {})[0] == 204
        return False


def _escaped(text: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", text)


def _said(value: Any, kind: str) -> str:
    if kind == "string":
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value}i" if kind == "integer" else repr(float(value))


class _Door(ThreadingHTTPServer):
    daemon_threads = True
    influx: Influx

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or an influxd that was killed meanwhile, is nothing to print."""


class _Mapping(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Door

    def do_GET(self) -> None:
        """Pass on a question, or say that we are well."""
        self._handle(b"")

    def do_POST(self) -> None:
        """Pass on a question, lines or a deletion."""
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _handle(self, body: bytes) -> None:
        try:
            status, answer = self._answer(urlsplit(self.path), body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if status != 204:
            self.wfile.write(answer)

    def _answer(self, asked: Any, body: bytes) -> tuple[int, bytes]:
        values = {name: given[0] for name, given in parse_qs(asked.query).items()}
        if asked.path in {"/ping", "/health"}:
            status, answer = self.server.influx.forward("GET", "/ping", None, {})
            return (status, answer) if asked.path == "/ping" else (200, b'{"name":"influxdb","status":"pass"}')
        if asked.path == "/query":
            return self._query(asked, values, body)
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            return _refused(401, "unauthorized access")
        database, _, tier = values.get("bucket", "").partition("/")
        if database != DATABASE or tier not in TIERS or values.get("org") != ORG:
            return _refused(404, f'bucket "{values.get("bucket")}" not found')
        return self._write(values, tier, body) if asked.path == "/api/v2/write" else self._delete(tier, body)

    def _query(self, asked: Any, values: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if self.headers.get("Authorization") not in {f"Token {TOKEN}", f"Token {READER}"}:
            return _refused(401, "unauthorized access")
        text = values.get("q") or parse_qs(body.decode()).get("q", [""])[0]
        if (found := UNPORTABLE.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", text))) is not None:
            return _refused(400, f"{found.group()} is not in the portable subset")
        kept = {n: v for n, v in self.headers.items() if n.lower() in {"content-type", "accept"}}
        return self.server.influx.forward(self.command, f"/query?{asked.query}", body or None, kept)

    def _write(self, values: dict[str, str], tier: str, body: bytes) -> tuple[int, bytes]:
        precision = values.get("precision", "ns").replace("us", "u")
        kept = {n: v for n, v in self.headers.items() if n.lower() == "content-encoding"}
        path = f"/write?db={DATABASE}&rp={tier}&precision={precision}"
        status, answer = self.server.influx.forward("POST", path, body, kept)
        return (status, answer) if status == 204 else _refused(status, json.loads(answer).get("error", ""))

    def _delete(self, tier: str, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        for edge in ("start", "stop"):
            datetime.fromisoformat(asked[edge])
        self.server.influx.delete(tier, asked["start"], asked["stop"], asked["predicate"])
        return 204, b""


def _refused(status: int, message: str) -> tuple[int, bytes]:
    code = {401: "unauthorized", 404: "not found"}.get(status, "invalid")
    return status, json.dumps({"code": code, "message": message}).encode()


def influxd(home: Path, binary: str, *, take_port: Callable[[], int], until: Callable[..., None]) -> Iterator[Influx]:
    """An influxd that runs until the generator is closed."""
    here = Influx(home, binary, take_port=take_port, until=until)
    try:
        here.start()
        yield here
    finally:
        here.destroy()
