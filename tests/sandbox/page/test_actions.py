"""The endpoints through which people, and scripts, act."""

from bot.sandbox.page.picture import take_picture
from bot.sandbox.slack import modals
from bot.sandbox.slack.workspace import Json
from tests.sandbox.page.conftest import Client
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.markup import Markup


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.upper()), "value": value}


def row(number: int) -> Json:
    menu = {
        "type": "overflow",
        "action_id": "row",
        "options": [option(f"restore-{number}"), option(f"delete-{number}")],
    }
    return {"type": "section", "block_id": f"row-{number}", "text": plain("x"), "accessory": menu}


def text_input(block_id: str, **more: object) -> Json:
    element = {"type": "plain_text_input", "action_id": "typed"}
    return {"type": "input", "block_id": block_id, "label": plain("Name"), "element": element, **more}


MODAL: Json = {
    "type": "modal",
    "title": plain("Restore"),
    "submit": plain("Restore"),
    "blocks": [
        text_input("name"),
        text_input("why", optional=True),
        {
            "type": "input",
            "block_id": "server",
            "optional": True,
            "dispatch_action": True,
            "label": plain("Server"),
            "element": {"type": "external_select", "action_id": "pick", "min_query_length": 0},
        },
        {
            "type": "actions",
            "block_id": "more",
            "elements": [{"type": "button", "action_id": "help", "text": plain("Help")}],
        },
    ],
}


async def act(client: Client, name: str, **body: object) -> tuple[int, Json]:
    async with client.post(f"/act/{name}", json={"as": "UANA", **body}) as response:
        return response.status, await response.json()


async def test_typing_a_command_tells_the_bot_who_and_where(client: Client, harness: PageHarness) -> None:
    assert await act(client, "types", text="/backup list", channel="COPS") == (
        200,
        {"ok": True, "acked": True, "error": None},
    )
    [told] = harness.bot_function.told
    assert (told["command"], told["text"], told["user_id"]) == ("/backup", "list", "UANA")


async def test_typing_in_a_thread_replies_there(client: Client, harness: PageHarness) -> None:
    root = harness.says("root")
    await act(client, "types", text="thanks", channel="ops", thread_ts=root.ts)
    assert harness.workspace.messages["COPS"][-1].thread_ts == root.ts


async def test_each_row_of_a_list_has_its_own_menu(client: Client, harness: PageHarness) -> None:
    message = harness.says("list", blocks=[row(1), row(2)])
    where = {"channel": "COPS", "message": message.ts}
    status, _ = await act(client, "chooses", **where, action_id="row", block_id="row-2", option="delete-2")
    assert status == 200
    [action] = harness.bot_function.told[-1]["actions"]
    assert (action["block_id"], action["selected_option"]["value"]) == ("row-2", "delete-2")
    assert [block["block_id"] for block in message.blocks] == ["row-1", "row-2"]


async def test_a_click_on_the_home_is_one_wherever_else_the_person_looks(
    client: Client, harness: PageHarness
) -> None:
    button = {"type": "button", "action_id": "go", "text": plain("Go")}
    blocks = [{"type": "actions", "block_id": "same", "elements": [button]}]
    home = {"id": "V1", "type": "home", "blocks": blocks}
    harness.workspace.homes["UANA"] = home
    harness.says("newer", blocks=blocks)
    await act(client, "types", text="elsewhere", channel="ops")
    await act(client, "clicks", action_id="go", block_id="same", view="V1")
    assert harness.bot_function.told[-1]["container"]["type"] == "view"
    await act(client, "clicks", action_id="go", block_id="same")
    assert harness.bot_function.told[-1]["container"]["type"] == "message"


async def test_a_view_that_is_not_open_any_more_is_not_clicked(client: Client, harness: PageHarness) -> None:
    modals.push(harness.workspace, "UANA", MODAL)
    assert (await act(client, "clicks", action_id="help", view="V0"))[0] == 409
    assert harness.bot_function.told == []


async def test_a_message_that_is_gone_is_said_to_be(client: Client) -> None:
    status, answer = await act(client, "clicks", channel="COPS", message="1.0", action_id="row")
    assert (status, answer["error"]) == (409, "That message is gone.")


async def test_a_modal_is_filled_in_and_submitted_in_one_go(client: Client, harness: PageHarness) -> None:
    modals.push(harness.workspace, "UANA", MODAL)
    assert (await act(client, "submits", values={"name": "web-1", "why": "", "server": ""}))[0] == 200
    [told] = harness.bot_function.told
    assert told["type"] == "view_submission"
    assert told["view"]["state"]["values"]["name"]["typed"]["value"] == "web-1"
    assert harness.workspace.modals["UANA"] == []


async def test_what_is_missing_in_a_modal_is_told(client: Client, harness: PageHarness) -> None:
    modals.push(harness.workspace, "UANA", MODAL)
    status, answer = await act(client, "submits", values={"name": ""})
    assert status == 409
    assert "required" in answer["error"]
    assert harness.workspace.modals["UANA"][0].errors == {"name": "Please complete this required field."}


async def test_a_click_in_a_modal_keeps_what_was_typed(client: Client, harness: PageHarness) -> None:
    modals.push(harness.workspace, "UANA", MODAL)
    await act(client, "clicks", action_id="help", values={"name": "half"})
    view = harness.bot_function.told[-1]["view"]
    assert view["state"]["values"]["name"]["typed"]["value"] == "half"


async def test_an_input_that_tells_at_once_tells_only_once(client: Client, harness: PageHarness) -> None:
    harness.bot_function.answers = lambda payload: (
        {"options": [option("web-1")]} if payload.get("type") == "block_suggestion" else {}
    )
    modals.push(harness.workspace, "UANA", MODAL)
    await act(client, "suggests", action_id="pick", query="")
    await act(client, "chooses", action_id="pick", option="web-1")
    await act(client, "submits", values={"name": "web-1", "server": "web-1"})
    kinds = [payload["type"] for payload in harness.bot_function.told]
    assert kinds.count("block_actions") == 1
    assert kinds[-1] == "view_submission"


async def test_suggestions_come_from_the_bot(client: Client, harness: PageHarness) -> None:
    harness.bot_function.answers = lambda _payload: {"options": [option("web-1")]}
    modals.push(harness.workspace, "UANA", MODAL)
    _, answer = await act(client, "suggests", action_id="pick", query="we")
    assert answer == {"ok": True, "options": [option("web-1")], "option_groups": []}
    groups = [{"label": plain("All"), "options": [option("web-1")]}]
    harness.bot_function.answers = lambda _payload: {"option_groups": groups}
    _, answer = await act(client, "suggests", action_id="pick", query="we")
    assert answer == {"ok": True, "options": [option("web-1")], "option_groups": groups}


async def test_modals_are_closed_one_by_one_or_all(client: Client, harness: PageHarness) -> None:
    for _ in range(3):
        modals.push(harness.workspace, "UANA", MODAL)
    await act(client, "closes")
    assert len(harness.workspace.modals["UANA"]) == 2
    await act(client, "closes", all=True)
    assert harness.workspace.modals["UANA"] == []


async def test_shortcuts_and_home_reach_the_bot(client: Client, harness: PageHarness) -> None:
    message = harness.says("x")
    await act(client, "shortcut", callback_id="start_backup")
    await act(client, "shortcut", callback_id="link_backup", channel="COPS", message=message.ts)
    await act(client, "home")
    kinds = [payload.get("event", payload)["type"] for payload in harness.bot_function.told]
    assert kinds == ["shortcut", "message_action", "app_home_opened"]


async def test_nonsense_is_refused_with_a_reason(client: Client) -> None:
    assert await act(client, "types", text=5) == (400, {"ok": False, "error": "'text' must be a text."})
    assert (await act(client, "types", **{"as": "nobody", "text": "x"}))[1][
        "error"
    ] == "There is nobody called 'nobody'."
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]"):
        async with client.post("/act/types", data=body, headers=headers) as response:
            assert response.status == 400


async def test_each_of_two_feedback_buttons_tells_its_own_value(client: Client, harness: PageHarness) -> None:
    element = {
        "type": "feedback_buttons",
        "action_id": "rated",
        "positive_button": {"text": plain("Good"), "value": "up"},
        "negative_button": {"text": plain("Bad"), "value": "down"},
    }
    harness.says("x", blocks=[{"type": "context_actions", "elements": [element]}])
    await act(client, "clicks", action_id="rated", value="down")
    [action] = harness.bot_function.told[-1]["actions"]
    assert (action["type"], action["value"], action["text"]) == ("feedback_buttons", "down", plain("Bad"))


async def test_rich_text_and_files_are_filled_in(client: Client, harness: PageHarness) -> None:
    elements = {"notes": "rich_text_input", "files": "file_input"}
    inputs = [
        {"type": "input", "block_id": name, "label": plain(name), "element": {"type": kind, "action_id": "a"}}
        for name, kind in elements.items()
    ]
    modals.push(harness.workspace, "UANA", MODAL | {"blocks": inputs})
    await act(client, "fills", values={"notes": "two\nlines", "files": ["a.csv"]})
    # The page's form comes back with the same notes, and with no files, as a browser forgets them.
    assert (await act(client, "submits", values={"notes": "two\nlines", "files": []}))[0] == 200
    state = harness.bot_function.told[-1]["view"]["state"]["values"]
    [part] = state["notes"]["a"]["rich_text_value"]["elements"]
    assert part["elements"] == [{"type": "text", "text": "two\nlines"}]
    assert [file["name"] for file in state["files"]["a"]["files"]] == ["a.csv"]


async def test_a_day_and_time_are_in_the_zone_of_who_fills_them_in(
    client: Client, harness: PageHarness
) -> None:
    element = {"type": "datetimepicker", "action_id": "at"}
    asked = {"type": "input", "block_id": "when", "label": plain("When"), "element": element}
    modals.push(harness.workspace, "UANA", MODAL | {"blocks": [asked]})
    await act(client, "clicks", action_id="none", values={"when": "2026-07-24T00:30"})
    [view] = harness.workspace.modals["UANA"]
    assert view.values["when"]["at"]["selected_date_time"] == 1_784_845_800
    assert "2026-07-24T00:30" in str(take_picture(harness, harness.reader()).parts["modals"])


async def test_a_step_gets_what_was_filled_in_as_its_kinds(client: Client, harness: PageHarness) -> None:
    inputs = {"server": "web-1", "person": "UBEN", "hours": "12", "is_loud": ["true"]}
    status, answer = await act(client, "step", callback_id="run_backup", inputs=inputs)
    run = harness.workspace.step_runs[answer["run"]]
    assert (status, run.person) == (200, "UANA")
    assert run.inputs == {"server": "web-1", "person": "UBEN", "hours": 12, "is_loud": True}
    event = (await harness.bot_function.hears("event_callback"))["event"]
    assert (event["type"], event["inputs"]) == ("function_executed", run.inputs)
    assert event["function"]["input_parameters"][0]["is_required"]


async def test_a_step_without_what_it_needs_is_not_run(client: Client, harness: PageHarness) -> None:
    status, answer = await act(client, "step", callback_id="run_backup", inputs={"server": "", "hours": ""})
    assert (status, answer["error"]) == (409, "The step needs: Server.")
    status, answer = await act(client, "step", callback_id="run_backup", inputs={"server": "a", "disk": "b"})
    assert (status, answer["error"]) == (409, "The step has no inputs ['disk'].")
    assert (await act(client, "step", callback_id="dance"))[0] == 409
    assert (await act(client, "step", callback_id="run_backup", inputs="web-1"))[0] == 400
    assert harness.bot_function.told == []


async def test_how_a_step_ended_is_seen_in_the_drawer(client: Client, harness: PageHarness) -> None:
    _, answer = await act(client, "step", callback_id="run_backup", inputs={"server": "web-1"})
    run = harness.workspace.step_runs[answer["run"]]
    shown = Markup(take_picture(harness, harness.reader()).parts["drawer-runs"]).text
    assert shown == "Last runsRun a backup runningserver web-1 · by Ana Moreno"
    run.status, run.error = "failed", "No such server."
    shown = Markup(take_picture(harness, harness.reader()).parts["drawer-runs"]).text
    assert shown == "Last runsRun a backup failedserver web-1 · by Ana MorenoNo such server."
