"""Where an answer is shown: in the row that was pressed, in the reading pane, or on the question's own page.

htmx says which by its target; without it, it is the page.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from interventions.forms import AnswerForm
from interventions.queries.question_page import QuestionPage
from interventions.queries.queue_page import Row, rows_of
from kit.errors import Problem

TEMPLATES = {"peek": "interventions/_pane.html", "question": "interventions/_question.html"}


def shown(request: HttpRequest, page: QuestionPage, problem: Problem | None = None) -> HttpResponse:
    """The question as it now is; with `problem`, what was wrong is said where the button was."""
    target = request.htmx.target or "" if request.htmx else ""  # type: ignore[attr-defined]
    context: dict[str, Any] = {"page": page, "i": page.question, "actor": page.viewer, "problem": problem}
    context["said"] = request.POST.dict() if problem else {}  # words that were not recorded are not lost
    if target.startswith("card-"):
        return _answer(request, "interventions/_row.html", context | {"row": _row_of(page)})
    if page.may_answer:
        form = context["form"] = AnswerForm(request.POST if problem else None, question=page.question)
        form.blame(problem.errors if problem else ())
    if request.method == "POST" and target == "peek":
        context["row"] = _row_of(page)  # the list beside the pane shows it as well
    return _answer(request, TEMPLATES.get(target, "interventions/detail.html"), context)


def _row_of(page: QuestionPage) -> Row:
    return rows_of(page.viewer, [page.question.pk])[page.question.pk]


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    problem = context["problem"]
    answer = render(request, template, context, status=problem.status if problem else 200)
    patch_vary_headers(answer, ["HX-Request", "HX-Target"])
    return answer
