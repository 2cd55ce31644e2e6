"""How PostgreSQL treats our sessions: it soon notices that we are gone, and then lets go of what we held."""

from sqlalchemy import URL

KEEPALIVE_SECONDS = 8
"""How long PostgreSQL keeps a session from whose machine it hears nothing."""
_IN_A_SESSION = {
    "tcp_keepalives_idle": KEEPALIVE_SECONDS // 2,
    "tcp_keepalives_interval": KEEPALIVE_SECONDS // 4,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": KEEPALIVE_SECONDS * 1000,
    # A process may be paused while its machine answers; what it was writing would stay locked.
    "idle_in_transaction_session_timeout": KEEPALIVE_SECONDS * 1000,
}


def watched(url: URL) -> URL:
    """Return a database's address with which PostgreSQL watches our sessions; what it says itself wins."""
    if url.get_backend_name() == "sqlite":
        return url
    ours = [f"-c {name}={value}" for name, value in _IN_A_SESSION.items()]
    # Of two that set the same, PostgreSQL takes the last.
    return url.update_query_dict({"options": " ".join([*ours, *url.normalized_query.get("options", ())])})
