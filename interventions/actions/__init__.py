"""What a person or a machine can do with a question."""

from interventions.actions.assignments import assign, hand_over, show_what_is_given
from interventions.actions.bulk import act_on_many, rehearse_on_many
from interventions.actions.claims import claim, lapse_claim, release
from interventions.actions.decisions import answer, approve, cancel, reject, resume, waive
from interventions.actions.deliveries import note_delivery
from interventions.actions.departures import pass_on
from interventions.actions.escalations import escalate
from interventions.actions.expiry import expire
from interventions.actions.exports import export_history, export_ledger
from interventions.actions.holds import carry_out, undo
from interventions.actions.looks import look, sweep_looks
from interventions.actions.passkeys import begin_passkey
from interventions.actions.questions import Question, note_caller, note_seen, raise_intervention
from interventions.actions.retention import apply_retention
from interventions.actions.saved_views import change_saved_view, create_saved_view, delete_saved_view
from interventions.actions.standstill import bring_to_rest, let_go
from interventions.actions.stops import (
    acknowledge,
    heartbeat_unit,
    let_work_go_on,
    note_told,
    pull,
    rearm,
    stop_work,
)
from interventions.actions.talk import clarify, comment, reply
from interventions.actions.units import cancel_unit, fail_unit

__all__ = [
    "Question",
    "acknowledge",
    "act_on_many",
    "answer",
    "apply_retention",
    "approve",
    "assign",
    "begin_passkey",
    "bring_to_rest",
    "cancel",
    "cancel_unit",
    "carry_out",
    "change_saved_view",
    "claim",
    "clarify",
    "comment",
    "create_saved_view",
    "delete_saved_view",
    "escalate",
    "expire",
    "export_history",
    "export_ledger",
    "fail_unit",
    "hand_over",
    "heartbeat_unit",
    "lapse_claim",
    "let_go",
    "let_work_go_on",
    "look",
    "note_caller",
    "note_delivery",
    "note_seen",
    "note_told",
    "pass_on",
    "pull",
    "raise_intervention",
    "rearm",
    "rehearse_on_many",
    "reject",
    "release",
    "reply",
    "resume",
    "show_what_is_given",
    "stop_work",
    "sweep_looks",
    "undo",
    "waive",
]
