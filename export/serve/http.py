"""HTTP/1.1 connections: h11 reads and writes, this keeps time and measure."""

import asyncio
import contextlib
import http
import time
from email.utils import formatdate

import h11

import memnet_tf
from export.serve.errors import RequestError
from export.serve.rest import error_reply

SERVER = f"memnet_tf/{memnet_tf.__version__} (not TensorFlow Serving)"


class Connection(asyncio.Protocol):
    """One client. It is answered a request at a time.

    Args:
        answer: coroutine function of a method, a path and a body, that
            returns a `Reply`.
        limits: a `Limits`.
        held: the server's `Held`.
        others: the set of open connections, in which this one is while it
            is open.
    """

    def __init__(self, answer, limits, held, others):
        self._answer = answer
        self._limits = limits
        self._held = held
        self._others = others
        self._http = h11.Connection(
            h11.SERVER, max_incomplete_event_size=limits.header_bytes
        )
        self._request = None  # being read or answered
        self._body = bytearray()
        self._held_bytes = 0
        self._task = None
        self._timer = None
        self._last = False  # whether this request is the last
        self._done = False  # whether what else comes in is thrown away
        self._can_write = asyncio.Event()
        self._can_write.set()

    @property
    def idle(self):
        """Whether no part of a request has come in."""
        return self._request is None and not self._http.trailing_data[0]

    def close_when_answered(self):
        """Closes the connection, after the request in flight."""
        self._last = True
        if self.idle:
            self._transport.close()

    def abort(self):
        self._transport.abort()

    def connection_made(self, transport):
        self._transport = transport
        transport.set_write_buffer_limits(high=0)
        self._others.add(self)
        self._give(self._limits.client_seconds)
        if len(self._others) > self._limits.connections:
            self._refuse(503, "Too many connections")

    def connection_lost(self, error):
        self._others.discard(self)
        self._stop_timer()
        if self._task is not None:
            self._task.cancel()
        self._forget_body()

    def pause_writing(self):
        self._can_write.clear()

    def resume_writing(self):
        self._can_write.set()

    def eof_received(self):
        if self._task is not None or self._done:
            return  # the client is gone; asyncio closes the connection
        self._receive(b"")

    def data_received(self, data):
        if self._done:
            return
        if self.idle:
            self._give(self._limits.client_seconds)
        self._receive(data)

    def _receive(self, data):
        self._http.receive_data(data)
        if self._task is None:
            self._read()
        elif len(self._http.trailing_data[0]) > self._limits.header_bytes:
            self._transport.pause_reading()

    def _read(self):
        """Takes what has come in of a request."""
        try:
            while self._task is None and not self._done:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._say_continue()
                    return
                if event is h11.PAUSED:
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, str(error))
        except RequestError as error:
            self._refuse(error.http_status, error.message)

    def _take(self, event):
        if isinstance(event, h11.Request):
            self._request = event
            self._expect_small(_content_length(event))
        elif isinstance(event, h11.Data):
            self._expect_small(len(self._body) + len(event.data))
            self._held.take(len(event.data))
            self._held_bytes += len(event.data)
            self._body += event.data
        elif isinstance(event, h11.EndOfMessage):
            self._stop_timer()
            self._task = asyncio.ensure_future(self._reply())
        elif isinstance(event, h11.ConnectionClosed):
            self._transport.close()
            self._done = True

    def _expect_small(self, length):
        if length > self._limits.request_bytes:
            self._refuse(
                413,
                f"Expected at most {self._limits.request_bytes} bytes. "
                f"Received: {length} or more",
            )

    def _say_continue(self):
        if self._http.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))

    async def _reply(self):
        request = self._request
        reply = await self._answer(
            request.method.decode("ascii"),
            request.target.decode("ascii", "replace"),
            bytes(self._body),
        )
        self._forget_body()
        self._send(reply)
        self._give(self._limits.client_seconds)
        await self._can_write.wait()
        self._task = self._request = None
        if self._http.our_state is not h11.DONE or self._last:
            self._transport.close()
            return
        with contextlib.suppress(h11.ProtocolError):
            self._http.start_next_cycle()
        self._give(self._limits.idle_seconds)
        self._transport.resume_reading()
        self._read()

    def _send(self, reply):
        headers = [
            ("Server", SERVER),
            ("Date", formatdate(time.time(), usegmt=True)),
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(reply.body))),
        ]
        if self._last or self._done:
            headers.append(("Connection", "close"))
        response = h11.Response(
            status_code=reply.status,
            headers=headers,
            reason=_reason(reply.status),
        )
        body = reply.body
        if self._request is not None and self._request.method == b"HEAD":
            body = b""
        self._write(response, h11.Data(data=body), h11.EndOfMessage())

    def _write(self, *events):
        self._transport.write(b"".join(map(self._http.send, events)))

    def _refuse(self, status, message):
        """Replies with an error, and closes when the client has read it."""
        if self._done:
            return
        self._done = True
        self._forget_body()
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(error_reply(status, message))
            # A connection closed at once would take the reply with it from
            # a client that is still sending.
            self._give(self._limits.client_seconds)
            if self._transport.can_write_eof():
                self._transport.write_eof()
        else:
            self._transport.close()

    def _give(self, seconds):
        """Gives the client so long until something is done."""
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._time_is_up)

    def _time_is_up(self):
        waits_for_request = self._task is None and not self.idle
        if waits_for_request and not self._done:
            self._refuse(408, "Expected the whole request in less time")
        else:
            self._transport.abort()

    def _stop_timer(self):
        if self._timer is not None:
            self._timer.cancel()

    def _forget_body(self):
        self._held.give_back(self._held_bytes)
        self._held_bytes = 0
        self._body = bytearray()


def _content_length(request):
    """The length a request says it has, 0 where it says none."""
    return next(
        (int(v) for name, v in request.headers if name == b"content-length"), 0
    )


def _reason(status):
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:  # 499
        return ""
