from django.db import migrations

CREATE = """
CREATE TRIGGER a_decision_is_final BEFORE UPDATE OR DELETE ON interventions_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change('A decision is final.');
CREATE TRIGGER decisions_are_never_emptied BEFORE TRUNCATE ON interventions_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('A decision is final.');
CREATE TRIGGER a_vote_is_final BEFORE UPDATE OR DELETE ON interventions_vote
    FOR EACH ROW EXECUTE FUNCTION refuse_change('A vote is final.');
CREATE TRIGGER votes_are_never_emptied BEFORE TRUNCATE ON interventions_vote
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('A vote is final.');
"""

DROP = """
DROP TRIGGER a_decision_is_final ON interventions_decision;
DROP TRIGGER decisions_are_never_emptied ON interventions_decision;
DROP TRIGGER a_vote_is_final ON interventions_vote;
DROP TRIGGER votes_are_never_emptied ON interventions_vote;
"""


class Migration(migrations.Migration):
    dependencies = [("interventions", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
