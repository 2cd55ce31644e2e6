"""What the doctor says of schedules."""

import json
from pathlib import Path

import sqlalchemy as sa

from bot.doctor.model import Level
from bot.doctor.schedules import examine_schedules
from tests.schedules.test_model import NIGHTLY


def database(tmp_path: Path, *rows: tuple[str, str]) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("create table workflow_schedules (context text, status text)"))
        for context, status in rows:
            values = {"context": context, "status": status}
            connection.execute(sa.text("insert into workflow_schedules values (:context, :status)"), values)
    return engine


def test_without_schedules_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert examine_schedules(sa.create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")) == []
    assert examine_schedules(database(tmp_path)) == []


def test_what_does_not_run_is_said(tmp_path: Path) -> None:
    nightly = json.dumps(NIGHTLY.model_dump(mode="json", exclude={"is_paused"}))
    found = examine_schedules(
        database(tmp_path, (nightly, "ACTIVE"), (nightly, "ACTIVE"), (nightly, "PAUSED"), ("{}", "ACTIVE"))
    )
    assert [(each.level, each.what) for each in found] == [
        (Level.WELL, "Schedules: 2 back up by the clock."),
        (
            Level.WARNING,
            "Schedules that are paused, and so back up nothing: 1 (web-1, every day at 03:00).",
        ),
        (Level.PROBLEM, "Schedules that can't be read, and so don't run: 1."),
    ]
