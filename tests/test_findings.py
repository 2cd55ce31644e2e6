from bot.findings import Finding, operators, refused, report, scopes, sqlite, vps_token
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES


def test_each_finding_is_a_line_with_its_mark_and_the_advice_below() -> None:
    found = [Finding(True, "Good."), Finding(False, "Bad.", "Do this.")]
    assert report(found) == "✓ Good.\n✗ Bad.\n    Do this.\n"
    assert report([]) == ""


def test_settings_problems_become_a_finding_each() -> None:
    assert refused("A is missing.\nB is missing.") == [
        Finding(False, "A is missing."),
        Finding(False, "B is missing."),
    ]


def test_scopes_are_compared_with_the_manifest() -> None:
    [all_there] = scopes({*SCOPES, *OPTIONAL_SCOPES, "more"})
    [needed_only] = scopes(SCOPES)
    [too_few] = scopes({"commands", "im:write", "users:read"})
    [unsaid] = scopes(())
    assert all_there.is_well
    assert needed_only.is_well
    assert "channels:history" in needed_only.what
    assert not too_few.is_well
    assert "lacks chat:write, chat:write.public." in too_few.what
    assert "backup-bot manifest" in too_few.advice
    assert unsaid.is_well


def test_a_token_that_can_only_read_is_not_enough() -> None:
    assert not vps_token("bot", "ops@example.org", ["servers:read", "backups.read"]).is_well
    assert vps_token("bot", "ops@example.org", ["servers:read", "backups:write"]).is_well
    assert vps_token("bot", "ops@example.org", ["read_write"]).is_well
    assert vps_token("bot", "ops@example.org", ["full"]).is_well
    assert vps_token("", "ops@example.org", []).is_well


def test_an_sqlite_too_old_for_this_python_is_named() -> None:
    assert sqlite((3, 11), (3, 40, 1)) == []
    assert sqlite((3, 13), (3, 46, 1)) == []
    [finding] = sqlite((3, 12), (3, 40, 1))
    assert not finding.is_well
    assert "3.40.1" in finding.what


def test_operators_slack_does_not_know_are_named() -> None:
    assert [finding.is_well for finding in operators({"U1"}, {"U2", "U3"})] == [False, False]
    assert [finding.is_well for finding in operators({"U1"}, ())] == [True]
    assert "nobody delete or restore" in operators((), ())[0].what
    assert "missing_scope" in operators((), (), unasked="missing_scope")[0].what
