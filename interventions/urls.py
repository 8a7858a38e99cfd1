"""Where questions are found: pages under /, JSON under /api/."""

from django.urls import URLPattern, path, reverse_lazy
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from interventions.api import decisions, questions
from interventions.api import stops as kill_switch
from interventions.views import assignments, exports, stops, talk
from interventions.views import decisions as pilots
from interventions.views.bulk import bulk, plan
from interventions.views.detail import branch, detail
from interventions.views.history import history
from interventions.views.ledger import ledger, line
from interventions.views.metrics import metrics
from interventions.views.organizations import organizations
from interventions.views.queue import queue, skin
from interventions.views.retention import retention
from interventions.views.sample import sample
from interventions.views.saved_views import deletion, view, views
from interventions.views.units import unit, units

app_name = "interventions"

urlpatterns: list[URLPattern] = [
    path("", queue, name="queue"),
    path("skin", skin, name="skin"),
    path("views", views, name="views"),
    path("views/<int:pk>", view, name="view"),
    path("views/<int:pk>/deletion", deletion, name="view-deletion"),
    path("history", history, name="history"),
    path("samples", sample, name="sample"),
    path("history.csv", exports.history, {"form": "csv"}, name="history-csv"),
    path("history.jsonl", exports.history, {"form": "jsonl"}, name="history-jsonl"),
    path("history/size", exports.history_size, name="history-size"),
    path("ledger", ledger, name="ledger"),
    path("ledger/size", exports.ledger_size, name="ledger-size"),
    path("ledger.csv", exports.ledger, {"form": "csv"}, name="ledger-csv"),
    path("ledger.jsonl", exports.ledger, {"form": "jsonl"}, name="ledger-jsonl"),
    path("ledger/<int:pk>", line, name="line"),
    path("units", units, name="units"),
    path("units/<uuid:pk>", unit, name="unit"),
    path("insights", metrics, name="metrics"),
    path("organizations", organizations, name="organizations"),
    path("settings/retention", retention, name="retention"),
    path("stops", stops.stops, name="stops"),
    path("stops/new", stops.new, name="stopping"),
    path("stops/<uuid:pk>", stops.stop, name="stop"),
    path("stops/<uuid:pk>/rearming", stops.rearming, name="rearming"),
    path(
        "problems/stopped", require_safe(RedirectView.as_view(url=reverse_lazy("interventions:stops"))), name="stopped"
    ),
    path("people", talk.people, name="people"),
    path("interventions/bulk", bulk, name="bulk"),
    path("interventions/bulk/plan", plan, name="bulk-plan"),
    path("interventions/<uuid:pk>", detail, name="detail"),
    path("interventions/<uuid:pk>/context", branch, {"of": "context"}, name="context"),
    path("interventions/<uuid:pk>/proposed", branch, {"of": "proposed"}, name="proposed"),
    path("interventions/<uuid:pk>/approval", pilots.approval, name="approval"),
    path("interventions/<uuid:pk>/passkey", pilots.signing, name="signing"),
    path("interventions/<uuid:pk>/rejection", pilots.rejection, name="rejection"),
    path("interventions/<uuid:pk>/waiver", pilots.waiver, name="waiver"),
    path("interventions/<uuid:pk>/resumption", pilots.resumption, name="resumption"),
    path("interventions/<uuid:pk>/answer", pilots.answer, name="answer"),
    path("interventions/<uuid:pk>/cancellation", pilots.cancellation, name="cancellation"),
    path("interventions/<uuid:pk>/undo", pilots.undo, name="undo"),
    path("interventions/<uuid:pk>/claim", pilots.claim, name="claim"),
    path("interventions/<uuid:pk>/release", pilots.release, name="release"),
    path("interventions/<uuid:pk>/assignment", assignments.assignment, name="assignment"),
    path("interventions/<uuid:pk>/handover", assignments.handover, name="handover"),
    path("interventions/<uuid:pk>/look", talk.look, name="look"),
    path("interventions/<uuid:pk>/clarification", pilots.clarification, name="clarification"),
    path("interventions/<uuid:pk>/reply", pilots.reply, name="reply"),
    path("interventions/<uuid:pk>/comment", pilots.comment, name="comment"),
]

api_urlpatterns = [
    path("interventions", questions.Interventions.as_view(), name="interventions"),
    path("interventions/pending", questions.pending, name="pending"),
    path("interventions/metrics", questions.metrics, name="metrics"),
    path("interventions/<uuid:pk>", questions.detail, name="intervention"),
    path("interventions/<uuid:pk>/approve", decisions.approve, name="approve"),
    path("interventions/<uuid:pk>/reject", decisions.reject, name="reject"),
    path("interventions/<uuid:pk>/waive", decisions.waive, name="waive"),
    path("interventions/<uuid:pk>/resume", decisions.resume, name="resume"),
    path("interventions/<uuid:pk>/answer", decisions.answer, name="answer"),
    path("interventions/<uuid:pk>/cancel", decisions.cancel, name="cancel"),
    path("interventions/<uuid:pk>/undo", decisions.undo, name="undo"),
    path("interventions/<uuid:pk>/claim", decisions.claim, name="claim"),
    path("interventions/<uuid:pk>/release", decisions.release, name="release"),
    path("interventions/<uuid:pk>/clarify", decisions.clarify, name="clarify"),
    path("interventions/<uuid:pk>/reply", decisions.reply, name="reply"),
    path("interventions/<uuid:pk>/comment", decisions.comment, name="comment"),
    path("interventions/<uuid:pk>/assign", decisions.assign, name="assign"),
    path("interventions/<uuid:pk>/hand-over", decisions.hand_over, name="hand-over"),
    path("kill-switch", kill_switch.KillSwitch.as_view(), name="kill-switch"),
    path("kill-switch/rearm", kill_switch.rearm, name="rearm"),
    path("kill-switch/<uuid:pk>", kill_switch.stop, name="stop"),
    path("kill-switch/<uuid:pk>/acknowledge", kill_switch.acknowledge, name="acknowledge"),
]
