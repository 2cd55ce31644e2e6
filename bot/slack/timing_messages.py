"""What is said of a schedule that can't be understood, or not be made."""

from bot.errors import Misuse

WHEN = (
    "Say for example `every day at 03:00`, `every 6 hours`, `every monday and thursday at 2pm`, "
    '`every weekday at 03:00`, `every month on the 1st at 04:00`, `hourly`, or `cron "0 3 * * *"`.'
)

TIMING_ERRORS: dict[Misuse, tuple[str, str]] = {
    Misuse.UNKNOWN_TIMING: ("I don't understand when “{text}” is.", WHEN),
    Misuse.NO_TIMING: ("I don't know when to run that.", WHEN),
    Misuse.NEVER_RUNS: ("“{text}” never comes.", WHEN),
    Misuse.TOO_OFTEN: ("That would run too often: {text}.", "Every 5 minutes is the most. " + WHEN),
    Misuse.NO_KEEP: (
        "I can't keep “{text}” backups.",
        "Say `keep 1` to `keep 9`: a server has 10 slots, and the next one needs a free one.",
    ),
    Misuse.NO_SUCH_SCHEDULE: ("This schedule is gone.", "See what there is with `/backup schedule`."),
    Misuse.TOO_MANY_SCHEDULES: (
        "There are {text} schedules already, and more would get in each other's way.",
        "Delete one, or have one schedule back up several servers: `web-1 db-*`.",
    ),
}

BY_THE_CLOCK = (
    "To {action}, another person has to approve, so it can't be done by the clock.",
    "The rules for this server say so: do it by hand, or have the rules changed.",
)
