"""The sandbox's own controls: what goes wrong on purpose, the bot's process and what VPS.org really holds."""

from collections import deque

from htpy import (
    Node,
    button,
    details,
    div,
    fieldset,
    fragment,
    h2,
    label,
    legend,
    li,
    p,
    pre,
    span,
    strong,
    summary,
    ul,
)
from htpy import (
    input as input_,
)

from bot.sandbox.page.fault_choices import PROVIDER, SLACK, SPEEDS, Choice, provider_choice, slack_choice
from bot.sandbox.page.links import link
from bot.sandbox.page.posting import posts
from bot.sandbox.page.stage import Stage
from bot.sandbox.slack.workspace import Json

_LOG_LINES = 40


def status(stage: Stage) -> Node:
    """Draw in a few words what state everything is in."""
    bot = stage.bot
    connections = stage.slack.socket_mode.connection_count
    return div("#status.status", role="status")[
        _pill("Bot", bot.state if bot else "not ours", good=bot is None or bot.state == "running"),
        _pill("Socket", "open" if connections else "closed", good=connections > 0),
        _service_pill("Slack", SLACK, slack_choice(stage.faults)),
        _service_pill("VPS.org", PROVIDER, provider_choice(stage.faults)),
    ]


def _service_pill(name: str, choices: dict[str, Choice], current: str) -> Node:
    return _pill(name, choices[current].name, good=current == "normal")


def bot_controls(stage: Stage) -> Node:
    """Draw the bot's state, buttons for its process, and its last log lines."""
    bot = stage.bot
    if bot is None:
        return div("#drawer-bot.panel")[h2["The bot"], p["It was not started by the sandbox."]]
    running = bot.state == "running"
    return div("#drawer-bot.panel")[
        h2["The bot ", span(class_=["state", "good" if running else "bad"])[bot.state]],
        div(".panel-buttons")[
            _button("Start", "/sandbox/bot", {"do": "start"}, disabled=running),
            _button("Stop", "/sandbox/bot", {"do": "stop"}, disabled=not running),
            _button("Restart", "/sandbox/bot", {"do": "restart"}),
            _button("Kill", "/sandbox/bot", {"do": "kill"}, disabled=not running, style="danger"),
        ],
        p(".hint")[
            "Kill ends it at once, as a crash would. Started again, it carries on with what is recorded."
        ],
        running and p[link(bot.metrics_address, "What it has measured, for Prometheus")],
        details("#bot-log")[
            summary["Last log lines"],
            pre(".log", tabindex="0")[span["\n".join(deque(bot.lines, _LOG_LINES)) or "Nothing yet."]],
        ],
    ]


def fault_controls(stage: Stage) -> Node:
    """Draw the switches for what goes wrong."""
    faults = stage.faults
    connections = stage.slack.socket_mode.connection_count
    return div("#drawer-faults.panel")[
        h2["What goes wrong"],
        _faults("VPS.org", "provider", PROVIDER, provider_choice(faults)),
        _faults("Slack", "slack", SLACK, slack_choice(faults)),
        fieldset(".segments")[
            legend["Socket ", span(".hint")[f"{connections} open"]],
            div(".panel-buttons")[
                _button("Drop it", "/sandbox/socket", {"do": "drop"}),
                _button(
                    "Hear again" if faults.socket_deaf else "Make it deaf",
                    "/sandbox/socket",
                    {"do": "hear" if faults.socket_deaf else "deafen"},
                ),
            ],
            p(".hint")[
                "Dropped or deaf (open, but nothing gets through), the bot connects anew by itself, "
                "and nothing that it was told is lost."
            ],
        ],
        _speeds(f"{stage.speed:g}"),
    ]


def complaints(stage: Stage) -> Node:
    """Draw what the bot did that Slack would refuse in silence."""
    found = stage.workspace.complaints[-5:]
    return div("#drawer-complaints.panel")[
        found and fragment[h2["Slack would not have taken"], ul[(li[complaint] for complaint in found)]]
    ]


def _pill(name: str, words: str, *, good: bool) -> Node:
    return span(class_=["pill", "good" if good else "bad"])[
        span(".pill-name")[name], span(".pill-state")[" ", words]
    ]


def _button(words: str, address: str, body: Json, *, disabled: bool = False, style: str = "") -> Node:
    return button(posts(address, body), type="button", class_=["btn", style], disabled=disabled)[words]


def _faults(title: str, name: str, choices: dict[str, Choice], current: str) -> Node:
    return fieldset(".segments")[
        legend[title],
        (
            label(".box.fault")[
                _radio("/sandbox/faults", name, value, current),
                span[
                    strong[choice.name],
                    span(".hint")[choice.happens],
                    span(".hint.expected")[choice.expected],
                ],
            ]
            for value, choice in choices.items()
        ),
    ]


def _speeds(current: str) -> Node:
    return fieldset(".segments")[
        legend["Speed of VPS.org"],
        div(".segment-row")[
            (
                label(".segment")[_radio("/sandbox/speed", "speed", value, current), span[words]]
                for value, words in SPEEDS.items()
            )
        ],
        p(".hint")["How fast backups and restores go. The bot asks after them as often as before."],
    ]


def _radio(address: str, name: str, value: str, current: str) -> Node:
    return input_(
        posts(address, {}),
        type="radio",
        name=f"control-{name}",
        value=value,
        data_field=name,
        checked=value == current,
    )
