"""Every id that Slack sends back to us. They are data: messages of years ago still carry them."""

from bot.verbs import Verb

COMMAND = "/backup"
MENU_SHORTCUT = "backup_menu"
MESSAGE_SHORTCUT = "backup_from_message"

# Buttons that run a command, so many at most under one message.
MOST_COMMANDS = 5

# The list.
LIST_ROW = "list_row"
LIST_PREVIOUS = "list_previous"
LIST_NEXT = "list_next"
LIST_TYPE = "list_type"
LIST_SERVER = "list_server"
LIST_SHARE = "list_share"
LIST_OPEN = "list_open"

# Buttons under other messages.
DELETE_OLDEST = "delete_oldest"
TRY_AGAIN = "try_again"
USE_BACKUP = "use_backup"
UNDO = "undo"
SERVERS_PREVIOUS = "servers_previous"
SERVERS_NEXT = "servers_next"
SERVER_BACKUPS = "server_backups"
SERVER_CREATE = "server_create"
SERVER_MENU = "server_menu"

# Buttons under a question to a second person.
APPROVE = "approve"
DECLINE = "decline"
REQUEST_MENU = "request_menu"
OPEN_LINK = "open_link"
CANCEL = "cancel_operation"
CANCEL_BATCH = "cancel_batch"
TRY_BATCH_AGAIN = "try_batch_again"
REFRESH_STATUS = "refresh_status"

# Schedules.
SCHEDULE_NEW = "schedule_new"
SCHEDULE_SHOW = "schedule_show"
SCHEDULE_PAUSE = "schedule_pause"
SCHEDULE_RESUME = "schedule_resume"
SCHEDULE_RUN = "schedule_run"
SCHEDULE_DELETE = "schedule_delete"
SCHEDULE_EDIT = "schedule_edit"
SCHEDULE_PREVIOUS = "schedule_previous"
SCHEDULE_NEXT = "schedule_next"

# Home.
HOME = "home"
HOME_FIND = "home_find"
HOME_SHOW = "home_show"
HOME_ALL = "home_all"
HOME_PREVIOUS = "home_previous"
HOME_NEXT = "home_next"

# The audit trail.
AUDIT_NEWER = "audit_newer"
AUDIT_OLDER = "audit_older"
AUDIT_SERVER = "audit_server"
AUDIT_PERSON = "audit_person"
AUDIT_SINCE = "audit_since"
AUDIT_ALL = "audit_all"
AUDIT_DETAILS = "audit_details"
AUDIT_EXPORT = "audit_export"

# A timeline: the button on a card, and those below it.
TIMELINE = "timeline"
TIMELINE_POST = "timeline_post"
TIMELINE_FILE = "timeline_file"

# Alerts.
ALERT_ACKNOWLEDGE = "alert_acknowledge"
ALERT_SNOOZE = "alert_snooze"

# Modals.
CREATE_MODAL = "create_backup"
PICK_MODAL = "pick_backup"
CONFIRM_MODAL = "confirm_operation"
SCHEDULE_MODAL = "schedule"
NOTE_MODAL = "note"
ANSWER_MODAL = "answer"
DECLINE_MODAL = "decline_request"
BREAK_GLASS_MODAL = "break_glass"
ALERT_MODAL = "answer_alert"

# Blocks and elements inside modals.
SERVER = "server"
BACKUP = "backup"
REASON = "reason"
CHANNEL = "channel"
TYPED_NAME = "typed_name"
SAFETY = "safety"
MAKE_ROOM = "make_room"
SNOOZE_HOURS = "snooze_hours"
SCHEDULED_SERVERS = "scheduled_servers"
SCHEDULED_WHEN = "scheduled_when"
KEEP = "keep"
MAKE_UP = "make_up"
SCHEDULE_OPTIONS = "schedule_options"


def run_command(place: int) -> str:
    """Return the id of a button whose value is a command; no two under one message have the same."""
    return f"run_{place}"


def ask_for(verb: Verb) -> str:
    """Return the id of the button that stands for a verb, in the menu and in the help."""
    return f"ask_{verb}"
