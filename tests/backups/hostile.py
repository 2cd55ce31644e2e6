"""Backups and servers as the worst provider could tell of them."""

from hypothesis import strategies as st

from bot.backups.model import Backup, ServerRef
from bot.servers.model import Server
from tests.views_kit import moments, numbers, words

backups = st.builds(
    Backup,
    id=numbers,
    server=st.builds(ServerRef, id=numbers, name=words),
    backup_type=st.sampled_from(["manual", "automatic"]) | words,
    status=st.sampled_from(["completed", "in_progress", "failed"]) | words,
    size_mb=st.none() | numbers,
    created_at=moments,
    expires_at=st.none() | moments,
    description=words,
)
servers = st.builds(
    Server,
    id=numbers,
    name=words,
    hostname=words,
    status=words,
    ip_address=st.none() | words,
    location=st.none() | words,
)
