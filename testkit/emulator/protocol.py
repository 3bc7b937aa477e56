"""The HTTP side of Snowflake's protocol, as its drivers speak it."""

import gzip
import json
import re
import sys
import traceback
import uuid
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import answers
import errors
from session import Session

sessions: dict[str, Session] = {}
masters: dict[str, Session] = {}


def success(data, code=None):
    return {"success": True, "code": code, "message": None, "data": data}


def failure(code, message, state="", query_id=""):
    data = {"errorCode": code, "sqlState": state, "queryId": query_id, "internalError": False, "age": 0}
    return {"success": False, "code": code, "message": message, "data": data}


def tokens(session):
    token, master = uuid.uuid4().hex, uuid.uuid4().hex
    sessions[token], masters[master] = session, session
    return {"token": token, "masterToken": master, "validityInSeconds": 3600, "masterValidityInSeconds": 14400}


def login(request):
    data = request.body["data"]
    if not data.get("LOGIN_NAME"):
        return failure("390100", "Incorrect username or password was specified.")
    query = request.query
    session = Session(
        data["LOGIN_NAME"],
        query.get("databaseName"),
        query.get("schemaName"),
        query.get("warehouse"),
        query.get("roleName"),
    )
    session.parameters.update(data.get("SESSION_PARAMETERS") or {})
    info = {
        "databaseName": session.database,
        "schemaName": session.schema,
        "warehouseName": session.warehouse,
        "roleName": session.role,
    }
    return success(
        {**tokens(session), "serverVersion": "0", "sessionId": session.number, "parameters": [], "sessionInfo": info}
    )


def renew(request):
    session = masters.get(request.token)
    if session is None:
        return failure("390114", "Authentication token has expired. The user must authenticate again.")
    renewed = tokens(session)
    return success(
        {
            "sessionToken": renewed["token"],
            "masterToken": renewed["masterToken"],
            "validityInSecondsST": 3600,
            "validityInSecondsMT": 14400,
            "sessionId": session.number,
        }
    )


def close(request):
    session = sessions.get(request.token)
    if session is None:
        return expired()
    if request.query.get("delete") == "true":
        session.close()
        for known in (sessions, masters):
            for token in [token for token, of in known.items() if of is session]:
                del known[token]
    return success(None)


def expired():
    return {**failure("390112", "Your session has expired. Please login again."), "data": None}


def run(request):
    session = sessions.get(request.token)
    if session is None:
        return expired()
    request_id = request.query.get("requestId", uuid.uuid4().hex)
    with session.lock:
        # A request that is sent again runs nothing again.
        if request_id not in session.requests:
            session.requests[request_id] = statement(session, request, request_id)
        return session.requests[request_id]


def statement(session, request, request_id):
    sql, query_id = request.body["sqlText"], str(uuid.uuid4())
    tag = (request.body.get("parameters") or {}).get("QUERY_TAG", session.parameters.get("QUERY_TAG"))
    session.remember(query_id, tag, sql)
    try:
        result = session.run(sql, request.body.get("bindings") or {}, request_id)
        data = answers.data(result, f"http://{request.headers['Host']}")
    except Exception as error:
        refused = errors.of(error)
        if refused.is_ours:
            # What the emulator lacks should be seen by who runs the tests, with the place.
            print(f"emulator: {sql}", file=sys.stderr)
            traceback.print_exception(error)
        answer = failure(refused.code, refused.message, refused.state, query_id)
    else:
        answer = success(
            {
                "queryId": query_id,
                "parameters": [],
                "finalDatabaseName": session.database,
                "finalSchemaName": session.schema,
                "finalWarehouseName": session.warehouse,
                "finalRoleName": session.role,
                "version": 1,
                **data,
            }
        )
    session.answers[query_id] = answer
    return answer


def abort(request):
    session = sessions.get(request.token)
    if session is None:
        return expired()
    session.abort(request.body.get("requestId"))
    return success(None)


def result(request):
    session = sessions.get(request.token)
    if session is None:
        return expired()
    known = session.answers.get(request.path.split("/")[2])
    return known or failure("000709", "Statement not found", "02000")


POSTS = {
    "/session/v1/login-request": login,
    "/session/token-request": renew,
    "/session": close,
    "/session/heartbeat": close,
    "/queries/v1/query-request": run,
    "/queries/v1/abort-request": abort,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer's head and body come apart: neither waits for the client to acknowledge the other.
    disable_nagle_algorithm = True

    def parse(self):
        url = urlsplit(self.path)
        self.path = url.path
        self.query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        token = re.fullmatch(r'Snowflake Token="(.*)"', self.headers.get("Authorization", ""))
        self.token = token and token[1]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.body = json.loads(body) if body else None

    def do_POST(self):
        self.parse()
        answer = POSTS.get(self.path)
        self.tell(404, failure("404", "no such path")) if answer is None else self.tell(200, answer(self))

    def do_GET(self):
        self.parse()
        if self.path.startswith("/part/"):
            part = answers.parts.get(self.path.removeprefix("/part/"))
            self.send(200 if part else 404, part or b"", {"Content-Encoding": "gzip"} if part else {})
        elif re.fullmatch("/queries/[^/]+/result", self.path):
            self.tell(200, result(self))
        else:
            self.tell(404, failure("404", "no such path"))

    def tell(self, status, answer):
        self.send(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Its output is the port alone."""
