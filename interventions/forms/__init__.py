"""The shape of what people fill in."""

from interventions.forms.answering import AnswerForm
from interventions.forms.branches import BranchForm
from interventions.forms.bulk import BulkForm
from interventions.forms.cleaning import cleaned
from interventions.forms.deciding import (
    ApprovalForm,
    CommentForm,
    MessageForm,
    NoWordsForm,
    ReasonForm,
    SignedForm,
    SigningForm,
)
from interventions.forms.looking_back import HistoryForm, LedgerForm, PeriodForm, UnitsForm
from interventions.forms.narrowing import QueueForm
from interventions.forms.stops import RearmForm, ScopeForm, StopForm
from interventions.forms.views import NewViewForm, SavedViewForm

__all__ = [
    "AnswerForm",
    "ApprovalForm",
    "BranchForm",
    "BulkForm",
    "CommentForm",
    "HistoryForm",
    "LedgerForm",
    "MessageForm",
    "NewViewForm",
    "NoWordsForm",
    "PeriodForm",
    "QueueForm",
    "RearmForm",
    "ReasonForm",
    "SavedViewForm",
    "ScopeForm",
    "SignedForm",
    "SigningForm",
    "StopForm",
    "UnitsForm",
    "cleaned",
]
