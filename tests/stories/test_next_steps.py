"""What went wrong comes with a button for what to do next."""

from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from tests.world import World


def labels(message: Message) -> list[str]:
    """What the buttons under a message say."""
    return [at.element["text"]["text"] for at in placed(message.blocks) if at.kind == "button"]


async def test_the_list_that_was_meant_takes_the_place_of_the_question(world: World) -> None:
    made = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types("/backup lst web-2")
    asked = await world.until_whisper("ana", "Did you mean `/backup list`?")
    await ana.clicks(label="List backups", message=asked)
    await world.until(lambda: "Did you mean web-1?" in asked.text, "the server is asked for")
    await ana.clicks(label="web-1", message=asked)
    await world.until(lambda: f"`{made.id}`" in asked.text, "the list is shown")
    assert world.whispers("ana") == [asked]


async def test_the_server_that_was_meant_is_backed_up_once_however_often_the_button_is_clicked(
    world: World,
) -> None:
    ana = world.person("ana")
    await ana.types("/backup create wbe-1 before the move")
    asked = await world.until_whisper("ana", "Did you mean web-1")
    await ana.clicks(label="web-1", message=asked)
    await ana.clicks(label="web-1", message=asked)
    card = await world.until_post("Backing up *web-1*")
    assert "before the move" in card.text
    await world.until(lambda: asked not in world.whispers("ana"), "the question is gone")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1


async def test_what_vps_org_did_not_answer_is_tried_again_by_a_button(world: World) -> None:
    made = world.provider.add_backup("web-1")
    ana = world.person("ana")
    world.faults.next_provider["GET", "/backups/"] += ["500"] * 4
    await ana.types("/backup list web-1")
    failed = await world.until_whisper("ana", "VPS.org is having problems")
    await ana.clicks(label="Try again", message=failed)
    await world.until(lambda: f"`{made.id}`" in failed.text, "the list is shown")
    assert world.whispers("ana") == [failed]

    world.faults.next_provider["GET", "/backups/"] += ["500"] * 4
    await ana.chooses("Manual", action_id="list_type", message=failed)
    trouble = await world.until_whisper("ana", "VPS.org is having problems")
    await ana.clicks(label="Try again", message=trouble)
    await world.until(lambda: "Manual backups of web-1" in trouble.text, "the filter is used")


async def test_a_form_that_leads_nowhere_leads_to_the_list(world: World) -> None:
    made = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types("/backup restore 4711")
    await world.until_modal("ana", "There is no backup 4711 that you can see.")
    await ana.submits()
    await world.until_whisper("ana", f"`{made.id}`")
    assert ana.modal is None
