"""Small servers that give prepared replies, and remember requests."""

import contextlib
import http.server
import json
import threading
from concurrent import futures


@contextlib.contextmanager
def rest_server(replies):
    """A REST server that gives `(status, reply)`s in turn.

    Yields:
        Its address, and a list of the `(path, body)`s that it received.
    """
    requests, replies = [], iter(replies)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            requests.append((self.path, self.rfile.read(length)))
            status, reply = next(replies)
            body = reply if isinstance(reply, bytes) else _json(reply)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def grpc_server(replies):
    """A gRPC server that gives prepared replies to `Predict` in turn.

    A reply is a `PredictResponse`, or a code and a message.

    Yields:
        Its address, and a list of the `PredictRequest`s that it received.
    """
    import grpc
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    requests, replies = [], iter(replies)

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            requests.append(request)
            reply = next(replies)
            if isinstance(reply, tuple):
                context.abort(*reply)
            return reply

    server = grpc.server(futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Service(), server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        yield f"localhost:{port}", requests
    finally:
        server.stop(None).wait()


def _json(reply):
    return json.dumps(reply).encode()
