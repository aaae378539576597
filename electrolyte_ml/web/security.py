"""Who may ask the page for what: hosts, tokens, origins, sizes, and headers of every answer.

A page on this machine can be reached by every web site that its user opens in the same browser.
Therefore the name in ``Host`` must be one of this machine (a foreign name that points here is
refused), and what changes anything is a POST with the token of this start, which only pages of ours
hold, and with no foreign ``Origin``.
"""

from __future__ import annotations

import ipaddress
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from electrolyte_ml.errors import InputError

#: Largest request, bytes.
MOST_BYTES = 20 * 2**20
#: Shortest token that other addresses may be opened with.
LEAST_TOKEN = 16
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
_COOKIE = "electrolyte_ml_token"
# Names by which a browser on this machine reaches it.
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_SAFE = ("GET", "HEAD")
_HEADERS = {
    # Drawings by matplotlib and RDKit hold style attributes, and nothing else that is inline.
    "Content-Security-Policy": "default-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def require_safe_host(host: str, token: str | None) -> None:
    """Refuse to bind to other addresses than this machine's own without a token.

    Raises
    ------
    InputError
        If there is no token, or it is too short.
    """
    if token is not None and len(token) < LEAST_TOKEN:
        raise InputError(f"--token has {len(token)} characters; give at least {LEAST_TOKEN}")
    if token is None and not is_loopback(host):
        raise InputError(
            f"--host {host} can be reached by other machines; give a --token of at least "
            f"{LEAST_TOKEN} characters, which whoever opens the page must know, or leave --host out"
        )


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which no other machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def require_csrf(request: Request) -> None:
    """Refuse a POST that does not hold the token of this start, as a header or a field."""
    if request.method in _SAFE:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        held = (await request.form()).get(CSRF_FIELD)
        given = held if isinstance(held, str) else ""
    if not compare_digest(given.encode(), request.app.state.site.csrf.encode()):
        raise HTTPException(403, "the page was started anew since you opened it; load it again")


class Guard:
    """Middleware before everything else: host, token, origin, size, headers.

    Parameters
    ----------
    app
        What is guarded.
    token
        What whoever asks must know; None on this machine alone, where `Host` must be its own.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        answer = self._app if refusal is None else refusal
        await answer(scope, _bounded(receive), _with_headers(send, scope["path"]))

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._token is None and _name(host) not in _LOCAL_NAMES:
            return PlainTextResponse(f"{host} is no name of this machine\n", 421)
        if self._token is not None and not self._knows_token(headers):
            return self._asked_for_token(scope)
        origin = headers.get("origin")
        if scope["method"] not in _SAFE and origin is not None and urlsplit(origin).netloc != host:
            return PlainTextResponse("another site asked for this\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return PlainTextResponse(too_large(), 413)
        return None

    def _knows_token(self, headers: Headers) -> bool:
        cookie = cookie_parser(headers.get("cookie", "")).get(_COOKIE, "")
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return any(self._is_token(given) for given in (cookie, bearer))

    def _is_token(self, given: str) -> bool:
        return self._token is not None and compare_digest(given.encode(), self._token.encode())

    def _asked_for_token(self, scope: Scope) -> ASGIApp:
        """Keep the token of an address that holds it as a cookie; refuse any other."""
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        if not self._is_token(dict(query).get("token", "")):
            return PlainTextResponse("open the page with ?token=... at its end\n", 401)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + scope["path"].lstrip("/")  # two slashes would be another host
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(_COOKIE, self._token or "", httponly=True, samesite="strict")
        return answer


def too_large() -> str:
    """What is said of a request that is too large."""
    return f"that is more than {MOST_BYTES // 2**20} MB; use electrolyte-ml score --file FILE\n"


def _name(host: str) -> str:
    """Name of a host without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _bounded(receive: Receive) -> Receive:
    """Refuse the rest of a request whose length was not told, when it is too long."""
    n_bytes = 0

    async def bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MOST_BYTES:
            raise HTTPException(413, too_large())
        return message

    return bounded


def _with_headers(send: Send, path: str) -> Send:
    """Add the headers of every answer."""
    more: dict[str, Any] = dict(_HEADERS)
    more["Cache-Control"] = "max-age=3600" if path.startswith("/static/") else "no-store"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in more.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
