"""What the doctor says of schedules."""

from collections.abc import Sequence

from bot.doctor.model import Finding, problem, warning, well
from bot.schedules.model import Schedule
from bot.timing import describe

MOST_NAMED = 5


def schedules(found: Sequence[Schedule], *, unreadable: int) -> list[Finding]:
    """Say how many schedules run, and what keeps others from it."""
    findings = []
    if running := sum(not each.is_paused for each in found):
        findings.append(well(f"Schedules: {running} {'backs' if running == 1 else 'back'} up by the clock."))
    if paused := [each for each in found if each.is_paused]:
        named = "; ".join(_name(each) for each in paused[:MOST_NAMED])
        said = f"Schedules that are paused, and so back up nothing: {len(paused)} ({named})."
        findings.append(warning(said, "Resume or delete them with `/backup schedule`."))
    if unreadable:
        findings.append(
            problem(
                f"Schedules that can't be read, and so don't run: {unreadable}.",
                "Another release has written them: run that one, or make them anew.",
            )
        )
    return findings


def _name(schedule: Schedule) -> str:
    return f"{', '.join(schedule.servers[:MOST_NAMED])}, {describe(schedule.timing)}"
