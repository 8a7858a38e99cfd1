"""The report across organizations: numbers, and nothing that is in one."""

import pytest

from accounts import actions
from interventions import actions as interventions
from interventions.tests.asking import ask
from kit.errors import NotThere, Refusal


def test_a_visitor_is_nobody_that_work_is_given_to(root, organization, ada, max):
    actions.enter(organization.pk, pilot=root, role="Operator", reason="Help.")

    with pytest.raises(NotThere):
        interventions.assign(ask(ada).pk, actor=ada, to="local:root")
    with pytest.raises(Refusal, match="Nobody else manages"):
        actions.leave(actor=max)


def test_the_report_counts_each_organization_by_itself_and_names_nothing_in_it(
    root, browser_of, ada, max, sys, cy, organization
):
    question = ask(sys, title="Open the vault")
    ask(sys, title="Open the vault")
    interventions.approve(question.pk, actor=ada)
    interventions.stop_work(scope="workflow", target="nightly", reason="It loops.", actor=max)

    page = browser_of(root).get("/organizations")

    ours = next(line for line in page.context["report"] if line.organization == organization)
    theirs = next(line for line in page.context["report"] if line.organization == cy.organization)
    assert (ours.members, ours.open, ours.decided_in_a_day, ours.decided_in_a_week, ours.stops) == (3, 1, 1, 1, 1)
    assert ours.median is not None
    assert (theirs.members, theirs.open, theirs.decided_in_a_week, theirs.median, theirs.stops) == (1, 0, 0, None, 0)
    for word in ("vault", "nightly", "Ada", "It loops"):
        assert word not in page.text


def test_the_report_takes_no_more_statements_for_more_organizations(root, browser_of, django_assert_max_num_queries):
    for number in range(12):
        actions.create_organization(f"o{number}", f"O {number}")
    client = browser_of(root)
    with django_assert_max_num_queries(9):
        client.get("/organizations")
