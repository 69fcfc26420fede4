"""A collector of traces, as far as the wire goes: OTLP/HTTP with protobuf, read with OpenTelemetry's own definitions.

    collector.py OUT

Prints the port that it listens on, and writes each span that it is sent as a line of JSON to OUT, until its standard input
ends. Whatever is not as the protocol says is answered with 400 and written as {"refused": why}.
"""

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

out = open(sys.argv[1], "w", buffering=1)


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            if self.path != "/v1/traces":
                raise ValueError(f"no traces at {self.path}")
            if self.headers["content-type"] != "application/x-protobuf":
                raise ValueError(f"content type {self.headers['content-type']}")
            if self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        line = {
                            "resource": attributes(resource.resource.attributes),
                            "scope": scope.scope.name,
                            "name": span.name,
                            "kind": span.kind,
                            "status": span.status.code,
                            "trace": span.trace_id.hex(),
                            "span": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(),
                            "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                            "attributes": attributes(span.attributes),
                            "events": [event.name for event in span.events],
                            "links": len(span.links),
                        }
                        print(json.dumps(line), file=out)
            status, answer = 200, ExportTraceServiceResponse().SerializeToString()
        except (ValueError, DecodeError) as why:
            print(json.dumps({"refused": str(why)}), file=out)
            status, answer = 400, b""
        self.send_response(status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
