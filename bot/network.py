"""The way to Slack and VPS.org: through which proxy, and whose certificates are trusted.

Read here once for both, from the variables that other programs go by as well: HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY and NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR. What nobody would use is not looked at.
"""

import os
import re
import ssl
import urllib.request
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import certifi

from bot.errors import ConfigurationError

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)


def is_host(text: str) -> bool:
    """Tell whether this can be the name of a host, or is an IP address without brackets."""
    return _ip_address(text) is not None or (len(text) < 254 and bool(_HOST.fullmatch(text)))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    address = _ip_address(host)
    return address.is_loopback if address else host == "localhost"


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy between us and `url`; None if there is none.

    None stands before loopback, and before what NO_PROXY names.

    Raises:
        ConfigurationError: it is no HTTP proxy.
    """
    parts = urlsplit(url)
    if _is_direct(parts.hostname or ""):
        return None
    scheme = "https" if parts.scheme in {"https", "wss"} else "http"
    name, proxy = next(_proxies(f"{scheme}_proxy", "all_proxy"), ("", ""))
    if not proxy:
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_http_proxy(address):
        # It is not repeated: it may hold a password.
        raise ConfigurationError(
            f"{name} must be the address of an HTTP proxy, such as http://proxy.example.org:3128. "
            "Other kinds, such as SOCKS, are not supported."
        )
    return address


def proxy_passwords() -> set[str]:
    """Return the passwords in the addresses of proxies, which must never be logged."""
    found = set()
    for _, proxy in _proxies("https_proxy", "http_proxy", "all_proxy"):
        before, at, _ = proxy.rpartition("@")
        password = before.rpartition("://")[2].partition(":")[2]
        found |= {password, unquote(password)} if at and password else set()
    return found


def trusted() -> ssl.SSLContext:
    """Return whose certificates are trusted: those SSL_CERT_FILE and SSL_CERT_DIR name, or the usual.

    Raises:
        ConfigurationError: the file or the folder can't be used.
    """
    return _trusted(os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None)


def certificate_problem(error: BaseException | None) -> str:
    """Return what is wrong with the other side's certificate, as OpenSSL says it; "" if it was not that."""
    while error is not None:
        # aiohttp's own error is one of these as well, but has the words only in its cause.
        if isinstance(error, ssl.SSLCertVerificationError) and hasattr(error, "verify_message"):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return ""


# Kept, as to read it takes a while.
@cache
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    if not (file or folder):
        # The system's, with what a company adds to it; and certifi's, where a system has none.
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context
    variable = "SSL_CERT_DIR"
    try:
        # OpenSSL takes a folder that is not there for an empty one.
        for each in folder.split(os.pathsep) if folder else ():
            next(Path(each).iterdir(), None)
        variable = "SSL_CERT_FILE"
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        why = (
            "it holds no certificate that can be read" if isinstance(error, ssl.SSLError) else error.strerror
        )
        raise ConfigurationError(
            f"{variable} can't be read: {why}. Correct it, or remove it to trust the usual authorities."
        ) from error


def _is_direct(host: str) -> bool:
    return is_loopback(host) or host.endswith(".localhost") or bool(urllib.request.proxy_bypass(host))


def _ip_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _proxies(*names: str) -> Iterator[tuple[str, str]]:
    """Yield the variables among these that are set, and their values; small letters win, as elsewhere."""
    for name in names:
        if value := os.environ.get(name) or os.environ.get(name.upper()):
            yield name.upper(), value.strip()


def _is_http_proxy(address: str) -> bool:
    if not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    rest = parts.path.strip("/") or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and is_host(parts.hostname or "") and not rest
