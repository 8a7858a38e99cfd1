"""The shape of the code, held by tests: a convention that is not checked leaks."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import house
from tests.house import APPS, ROOT

# Functions that are one long table or one long literal, and would be harder to read in pieces.
LONG_BUT_FLAT = {
    "prepare": "one row, spelled out in the order of its columns",
    "_question": "one row, spelled out in the order of its columns",
    "as_unit": "one JSON object, a line a member",
    "as_full": "one JSON object, a line a member",
    "as_brief": "one JSON object, a line a member",
    "raise_intervention": "one row, spelled out in the order of its columns",
    "create_key": "one row, spelled out in the order of its columns",
}

# Public functions in actions that are not deeds of an actor, with the reason.
NOT_DEEDS = {
    "create_organization": "nobody is a member of what does not exist yet; the system's line opens its ledger",
    "join": "nobody is a member before they have joined; the new member signs the line",
    "join_anew": "the same with a new account",
    "enter": "nobody is in an organization before they have entered; the visitor signs the line",
    "expire_visits": "the clock's turn: acts as the system of each visit's organization",
    "deactivate_pilot": "of an account, in all its organizations: the system of each signs a line",
    "reactivate_pilot": "of an account, in all its organizations: the same",
    "reset_password": "of an account, in all its organizations: the same",
    "erase_pilot": "of an account, in all its organizations: the same",
    "apply_retention": "the clock's turn: acts as the system of the organization, a transaction for each slice",
    "drop_old": "part of the same",
    "empty_units": "part of the same",
    "check_retention": "a refusal",
    "forget_late_lines": "the clock's turn, about who is erased",
    "forget": "part of the action that erases somebody",
    "forget_requester": "part of the same",
    "forget_in_questions": "part of the same",
    "check_reason": "a refusal",
    "who_did": "a name",
    "part": "part of the action that ends a membership, a visit or an account",
    "revoke_keys_of": "part of the same",
    "role_to_give": "a check",
    "refuse_if_last": "a refusal",
    "refuse_if_last_way_in": "a refusal",
    "is_last_locked": "a check, and the lock it holds under",
    "recognize": "part of the action that lets somebody in",
    "begin": "a refusal, and a lock",
    "settle_user": "part of the actions about a directory's people and groups",
    "settle_users": "part of the same",
    "refuse_unless_seen": "a refusal",
    "drop_sessions_of": "part of the actions that switch somebody off",
    "note_facts": "keeps what a provider said last: no deed",
    "go_by": "part of the action that lets somebody in, and of asking again: the system of each organization acts",
    "follow_directory": "the clock's turn: acts as the system of each organization that goes by the directory",
    "refuse_unless_platform_administrator": "a refusal",
    "pass_on": "the clock's turn: acts as the system of the question's organization",
    "note_member_seen": "keeps when a member was last here: no deed",
    "tell_sessions_of": "a hint",
    "key_to_sign_with": "makes the first one when there is none: part of the action that signs",
    "refuse_unless_system": "a refusal",
    "note_key_used": "keeps when a key was last used: no deed",
    "keep_session": "keeps when a session was last used: no deed",
    "rotate_session": "keeps under which key a session goes on: no deed",
    "end_timed_out": "the clock's turn, about sessions",
    "refuse_unless_fresh": "a refusal",
    "refuse_unless_only_ours": "a refusal",
    "signed": "a check, and what it found",
    "decided_hash": "a check",
    "record": "is the ledger line",
    "record_past": "is the ledger lines of the demo's invented day",
    "record_each": "is the ledger line, of many subjects",
    "stop_work": "pull, then bring_to_rest: several transactions, so that the stop itself is a short one",
    "let_work_go_on": "rearm, then let_go: several transactions",
    "bring_to_rest": "carries out what was pulled, in the name of who pulled it, a transaction for each slice",
    "let_go": "carries out what was re-armed, in the name of who did, a transaction for each slice",
    "give_time_back": "part of the action that re-arms",
    "keep_grant": "part of the action that lets somebody in",
    "note_renewed": "keeps the next token of a provider: no deed",
    "note_failed": "keeps when to try again: no deed",
    "is_spent": "a check",
    "heartbeat_unit": "two transactions: that a caller was told is kept although its heartbeat is refused",
    "hold_off_stops": "a lock",
    "hold_everybody_off": "a lock",
    "refuse_while_stopped": "a refusal",
    "refuse_where_stopped": "a refusal",
    "is_stopped": "a check",
    "stall_silent": "the clock's turn: acts as the system of each unit's organization",
    "expire_overdue": "the clock's turn: acts as the system of each unit's organization",
    "expire": "the clock's turn: acts as the system of the question's organization",
    "lapse_claim": "the clock's turn: acts as the system of the question's organization",
    "sweep_tokens": "the clock's turn, about what is over",
    "sweep_looks": "the clock's turn, about heartbeats",
    "show_what_is_given": "hints",
    "tell": "a hint",
    "carry_out": "the clock's turn: acts as the one who pressed it, or as the system of the question's organization",
    "check": "a refusal",
    "perform": "the one way a vote or a decision is made, inside the transaction of the action or the clock's turn",
    "hold_back": "part of the action that was pressed",
    "about": "what is told",
    "refuse_while_held": "a refusal",
    "lock": "how actions take hold of a question",
    "save": "how actions write a question and tell the world",
    "hints": "what is told",
    "refuse_unless_open": "a refusal",
    "refuse_unless_operator": "a refusal",
    "check_value": "a refusal",
    "check_words": "a refusal",
    "close": "the one way a question ends, inside the transaction of the action that ends it",
    "withdraw_questions": "part of the action that ends a unit",
    "withdraw_many": "the bulk form of `close`, part of carrying out a stop",
    "submit": "one statement is its transaction; the bulk form takes its own savepoint for each try",
    "refuse_unless": "a refusal",
    "refuse_unless_member": "a refusal",
    "refuse_beyond": "a refusal",
    "group_of": "a look-up, and a refusal",
    "seat": "how a role is given, by a member or by the directory",
    "seat_on": "the same on a platform",
    "unseat": "how a membership ends, by a member or by the directory",
    "unseat_on": "the same on a platform",
    "show_role_of": "a hint",
    "refuse_unless_submitter": "a refusal",
    "refuse_outside_gates": "a refusal",
    "with_known_parents": "a check",
    "judge": "pure",
    "to_write": "pure",
    "in_places": "pure",
    "results": "reads what is there",
    "blame": "pure",
    "refused_by_database": "pure",
}


# Actions that leave no line, with the reason.
NO_LINE = {
    "note_told": "an answer to a call, not a deed",
    "note_caller": "a poll is a heartbeat, not a deed",
    "look": "an open page is a heartbeat, not a deed",
    "begin_passkey": "a challenge is asked for, nothing is done by it",
}


@pytest.mark.parametrize("app", APPS)
def test_every_file_is_in_a_room_of_the_house(app):
    names = {path.stem for path in (ROOT / app).iterdir() if path.suffix == ".py" or path.is_dir()}

    assert list(house.unknown_rooms(app, names - {"__pycache__"})) == []


def test_a_file_outside_the_rooms_is_caught():
    assert list(house.unknown_rooms("work", {"models", "utils", "wizardry"})) == [
        "work/utils: name the file for the one thing it holds",
        "work/wizardry: not a room of the house; add it to EXTRA_ROOMS with a reason, or move it",
    ]


def test_every_action_is_atomic_takes_its_actor_and_says_what_it_means():
    breaches = [
        f"{path.relative_to(ROOT)} {breach}"
        for path, tree in house.sources("actions")
        for breach in house.action_breaches(tree, NOT_DEEDS)
    ]

    assert breaches == []


def test_an_action_without_transaction_actor_or_docstring_is_caught():
    planted = ast.parse("def approve(pk, actor):\n    Intervention.objects.filter(pk=pk).update(status='approved')")

    assert len(list(house.action_breaches(planted, NOT_DEEDS))) == 3


def test_every_action_leaves_its_line_in_the_ledger_and_is_tried_by_a_test():
    trees = [tree for _path, tree in house.sources("actions")]
    tests = "\n".join(path.read_text() for app in APPS for path in (ROOT / app).rglob("tests/*.py"))

    assert list(house.unrecorded_actions(trees, NOT_DEEDS | NO_LINE)) == []
    assert list(house.untested_actions(trees, tests, NOT_DEEDS)) == []


def test_an_action_without_a_line_or_a_test_is_caught():
    planted = [ast.parse("def approve(pk, *, actor):\n    change(pk)\n\ndef change(pk):\n    save(pk)")]

    assert len(list(house.unrecorded_actions(planted, {}))) == 2
    assert len(list(house.untested_actions(planted, "approve()", {}))) == 1


def test_edges_write_nothing_and_hold_no_try():
    breaches = [
        f"{path.relative_to(ROOT)} {breach}"
        for path, tree in house.sources("views", "api")
        for breach in house.edge_breaches(tree)
    ]

    assert breaches == []


def test_a_view_that_writes_or_catches_is_caught():
    planted = ast.parse(
        "def view(request):\n"
        "    try:\n"
        "        Vote.objects.create(by=request.user)\n"
        "    except Exception:\n"
        "        pass\n"
        "    with transaction.atomic():\n"
        "        pass\n"
    )

    assert len(list(house.edge_breaches(planted))) == 3


def test_no_signal_of_a_model_is_used():
    breaches = [
        f"{path.relative_to(ROOT)} {breach}"
        for path in house.code()
        for breach in house.signal_breaches(path.read_text())
    ]

    assert breaches == []


def test_a_model_signal_is_caught():
    assert list(house.signal_breaches("from django.db.models.signals import post_save"))


def test_functions_stay_short():
    breaches = [
        f"{path.relative_to(ROOT)} {breach}"
        for path in house.code()
        for breach in house.long_functions(ast.parse(path.read_text()), most=36)
        if breach.split(":")[0] not in LONG_BUT_FLAT
    ]

    assert breaches == []


def test_a_long_function_is_caught():
    assert list(house.long_functions(ast.parse("def f():\n" + "    pass\n" * 40), most=36))


def test_files_stay_short():
    assert list(house.long_files(house.code(), most=350)) == []


def test_a_long_file_is_caught(tmp_path):
    (tmp_path / "actions.py").write_text("pass\n" * 351)

    assert len(list(house.long_files(tmp_path.iterdir(), most=350))) == 1


def test_kit_stays_small():
    assert sum(len(path.read_text().splitlines()) for path in (ROOT / "kit").glob("*.py")) < 400


def test_only_the_ledger_writes_the_ledger():
    writers = [
        path.relative_to(ROOT)
        for path in house.code()
        if re.search(r"\bEntry\.objects\.(create|bulk_create)", path.read_text())
    ]

    assert writers == [Path("audit/actions.py")]


def test_the_floors_hold():
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_an_import_upwards_is_caught(tmp_path):
    """The contract itself, on a copy of the tree with one planted import."""
    import shutil

    for app in APPS:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    models = tmp_path / "work" / "models.py"
    models.write_text(models.read_text() + "\nfrom interventions.models import Intervention\n")
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 1
    assert "work.models -> interventions.models" in checked.stdout


def test_what_asks_anew_waits_in_main():
    """htmx forgets what waits on an element whose attributes a swap has changed; <main> keeps its own."""
    asking = {
        f"{path.name}: {tag}"
        for path in (ROOT / "templates").rglob("*.html")
        for tag in re.findall(r"<[^>]*hx-trigger=\"changed[^>]*>", path.read_text())
    }

    assert len(asking) >= 5
    assert [tag for tag in asking if 'hx-sync="closest main:queue last" hx-disinherit="hx-sync"' not in tag] == []
