"""Somebody guesses: in whose ledger it is."""

from accounts.actions import note_guessing
from accounts.queries import system_of, systems_concerned
from audit.models import Entry
from audit.wording import sentence_of


def test_the_line_says_from_where_and_at_what(organization):
    note_guessing(address="203.0.113.9", what="password", actor=system_of(organization.pk))
    line = Entry.objects.latest("pk")

    assert (line.verb, line.data) == ("access.slowed", {"address": "203.0.113.9", "what": "password"})
    assert "203.0.113.9" in sentence_of(line)


def test_it_concerns_the_organizations_of_the_account_else_the_first(ada, cy):
    assert [one.organization_id for one in systems_concerned("cy")] == [cy.organization_id]
    for name in ("", "nobody", "a\x00b"):
        assert [one.organization_id for one in systems_concerned(name)] == [ada.organization_id]
