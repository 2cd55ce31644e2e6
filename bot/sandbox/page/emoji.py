"""The emoji names the sandbox knows, as Unicode."""

import re

BY_NAME = {
    "+1": "👍", "-1": "👎", "thumbsup": "👍", "thumbsdown": "👎", "wave": "👋", "eyes": "👀",
    "pray": "🙏", "raised_hand": "✋", "raising_hand": "🙋", "ok_hand": "👌", "muscle": "💪",
    "clap": "👏", "tada": "🎉", "sparkles": "✨", "star": "⭐", "fire": "🔥", "zap": "⚡",
    "boom": "💥", "rocket": "🚀", "heart": "❤️", "broken_heart": "💔",
    "slightly_smiling_face": "🙂", "smile": "😄", "thinking_face": "🤔", "sob": "😭",
    "sleeping": "😴", "sweat_smile": "😅", "robot_face": "🤖",
    "bust_in_silhouette": "👤", "busts_in_silhouette": "👥", "white_check_mark": "✅",
    "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌",
    "negative_squared_cross_mark": "❎", "heavy_multiplication_x": "✖️", "warning": "⚠️",
    "no_entry": "⛔", "no_entry_sign": "🚫", "octagonal_sign": "🛑", "rotating_light": "🚨",
    "exclamation": "❗", "heavy_exclamation_mark": "❗", "grey_exclamation": "❕", "bangbang": "‼️",
    "question": "❓", "grey_question": "❔", "information_source": "ℹ️", "bulb": "💡", "bell": "🔔",
    "no_bell": "🔕", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️",
    "alarm_clock": "⏰", "watch": "⌚", "clock1": "🕐", "clock3": "🕒", "clock9": "🕘", "date": "📅",
    "calendar": "📆", "spiral_calendar_pad": "🗓️", "floppy_disk": "💾", "cd": "💿", "minidisc": "💽",
    "file_cabinet": "🗄️", "card_file_box": "🗃️", "package": "📦", "inbox_tray": "📥",
    "outbox_tray": "📤", "file_folder": "📁", "open_file_folder": "📂", "bookmark_tabs": "📑",
    "clipboard": "📋", "memo": "📝", "pencil": "📝", "pencil2": "✏️", "page_facing_up": "📄",
    "scroll": "📜", "ledger": "📒", "label": "🏷️", "pushpin": "📌", "round_pushpin": "📍",
    "paperclip": "📎", "wastebasket": "🗑️", "scissors": "✂️", "broom": "🧹", "recycle": "♻️",
    "rewind": "⏪", "fast_forward": "⏩", "arrow_forward": "▶️", "arrow_backward": "◀️",
    "double_vertical_bar": "⏸️", "black_square_for_stop": "⏹️", "arrow_up": "⬆️",
    "arrow_down": "⬇️", "arrow_left": "⬅️", "arrow_right": "➡️", "arrow_right_hook": "↪️",
    "leftwards_arrow_with_hook": "↩️", "arrows_counterclockwise": "🔄", "arrows_clockwise": "🔃",
    "repeat": "🔁", "back": "🔙", "soon": "🔜", "new": "🆕", "ok": "🆗", "sos": "🆘", "mag": "🔍",
    "mag_right": "🔎", "lock": "🔒", "unlock": "🔓", "closed_lock_with_key": "🔐", "key": "🔑",
    "shield": "🛡️", "gear": "⚙️", "wrench": "🔧", "hammer": "🔨", "hammer_and_wrench": "🛠️",
    "construction": "🚧", "electric_plug": "🔌", "battery": "🔋", "satellite": "📡",
    "satellite_antenna": "📡", "computer": "💻", "desktop_computer": "🖥️",
    "globe_with_meridians": "🌐", "cloud": "☁️", "bar_chart": "📊", "chart_with_upwards_trend": "📈",
    "chart_with_downwards_trend": "📉", "link": "🔗", "speech_balloon": "💬", "mega": "📣",
    "loudspeaker": "📢", "email": "✉️", "envelope": "✉️", "ticket": "🎫", "heavy_plus_sign": "➕",
    "heavy_minus_sign": "➖", "red_circle": "🔴", "large_green_circle": "🟢",
    "large_yellow_circle": "🟡", "large_orange_circle": "🟠", "large_blue_circle": "🔵",
    "white_circle": "⚪", "black_circle": "⚫", "large_green_square": "🟩", "large_red_square": "🟥",
    "large_yellow_square": "🟨", "one": "1️⃣", "two": "2️⃣", "three": "3️⃣", "checkered_flag": "🏁",
    "triangular_flag_on_post": "🚩", "test_tube": "🧪", "lifebuoy": "🛟", "bug": "🐛", "snail": "🐌",
    "turtle": "🐢", "bust": "👤", "balloon": "🎈", "house": "🏠", "zzz": "💤",
}  # fmt: skip
"""Short name to character; only what a bot like ours is likely to write."""

_NAME = re.compile(r":([a-z0-9_+'-]+):")


def with_emoji(text: str) -> str:
    """Replace each known `:name:` by its character; unknown names stay as they are, as in Slack."""
    return _NAME.sub(lambda match: BY_NAME.get(match[1], match[0]), text)
