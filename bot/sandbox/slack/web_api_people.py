"""Methods that look up who is there: the app itself, its workspace, people and their groups."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.workspace import FOUNDED, Json, Person


def _auth(call: Call) -> Json:
    app = call.workspace.app
    return {
        "url": f"{call.workspace.base_url}/",
        "team": "Sandbox",
        "user": app.name,
        "team_id": app.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def _test(call: Call) -> Json:
    echoed = {name: value for name, value in call.args.items() if name != "token"}
    if error := echoed.get("error"):
        raise ApiError(str(error), args=echoed)
    return {"args": echoed}


def _team(call: Call) -> Json:
    app = call.workspace.app
    if call.args.get("team") not in (None, "", app.team_id):
        raise ApiError("team_not_found")
    address = f"{call.workspace.base_url}/"
    return {"team": {"id": app.team_id, "name": "Sandbox", "domain": app.team_domain, "url": address}}


def _user_info(call: Call) -> Json:
    if call.text("user") == call.workspace.app.bot_user:
        return {"user": _bot_user(call)}
    if other := call.workspace.other_apps.get(call.text("user")):
        return {"user": _user_json(call, other) | {"is_bot": True}}
    return {"user": _user_json(call, call.person())}


def _users(call: Call) -> Json:
    everybody = [_user_json(call, person) for person in call.workspace.people.values()]
    apps = [_user_json(call, other) | {"is_bot": True} for other in call.workspace.other_apps.values()]
    page, cursor = call.page_of([*everybody, *apps, _bot_user(call)])
    now = int(call.workspace.now())
    return {"members": page, "cache_ts": now, "response_metadata": {"next_cursor": cursor}}


def _groups(call: Call) -> Json:
    if not call.workspace.is_paid:
        raise ApiError("plan_upgrade_required")
    return {"usergroups": [_group_json(call, group) for group in call.workspace.usergroups]}


def _group_json(call: Call, group: str) -> Json:
    users = call.workspace.usergroups[group]
    handle = call.workspace.usergroup_handles.get(group, group.lower())
    described: Json = {
        "id": group,
        "team_id": call.workspace.app.team_id,
        "is_usergroup": True,
        "handle": handle,
        "name": handle,
        "description": "",
        "is_external": False,
        "date_create": FOUNDED,
        "date_update": FOUNDED,
        "date_delete": 0,
    }
    if call.flag("include_users"):
        described["users"] = list(users)
    if call.flag("include_count"):
        described["user_count"] = len(users)
    return described


def _bot_user(call: Call) -> Json:
    app = call.workspace.app
    return _user_json(call, Person(app.bot_user, app.name, app.name, "bot")) | {"is_bot": True}


def _group_members(call: Call) -> Json:
    if not call.workspace.is_paid:
        raise ApiError("plan_upgrade_required")
    users = call.workspace.usergroups.get(call.text("usergroup"))
    if users is None:
        raise ApiError("no_such_subteam")
    return {"users": list(users)}


def _bot_info(call: Call) -> Json:
    app = call.workspace.app
    if call.args.get("bot", app.bot_id) != app.bot_id:
        raise ApiError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "app_id": app.id, "user_id": app.bot_user}
    return {"bot": bot}


def _user_json(call: Call, person: Person) -> Json:
    offset = datetime.fromtimestamp(call.workspace.now(), ZoneInfo(person.tz)).utcoffset()
    described: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.handle,
        "real_name": person.name,
        "profile": _profile(call, person),
        "deleted": person.deleted,
        "color": "9f69e7",
        "is_bot": False,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        # True only of people who share no channel with the app; here everybody of elsewhere does.
        "is_stranger": False,
        "is_app_user": False,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "updated": FOUNDED,
    }
    if person.workspaces:
        described["enterprise_user"] = {"enterprise_id": "E0SANDBOX", "teams": list(person.workspaces)}
    return described | ({"locale": "en-US"} if call.flag("include_locale") else {})


def _profile(call: Call, person: Person) -> Json:
    first, _, last = person.name.partition(" ")
    profile: Json = {
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.handle,
        "display_name_normalized": person.handle,
        "first_name": first,
        "last_name": last,
        "title": "",
        "phone": "",
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0000000000",
        "team": person.team_id,
    }
    can_read = "users:read.email" in call.workspace.app.scopes
    return profile | ({"email": f"{person.handle}@example.com"} if can_read else {})


METHODS = {
    "api.test": Method(_test, None, 600, needs_token=False),
    "auth.test": Method(_auth, None, 600),
    "bots.info": Method(_bot_info, "users:read"),
    "team.info": Method(_team, "team:read"),
    "users.info": Method(_user_info, "users:read", 100),
    "users.list": Method(_users, "users:read", 20),
    "usergroups.list": Method(_groups, "usergroups:read", 20),
    "usergroups.users.list": Method(_group_members, "usergroups:read", 20),
}
