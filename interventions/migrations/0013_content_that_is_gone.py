from django.db import migrations, models

# Past the time its organization keeps content, a settled question lets go of what was said to it, and of nothing else:
# who decided what, when and in which role stays as it was written. A dash stands where a reason was.
KEEP_WHAT_WAS_SAID = """
CREATE FUNCTION keep_what_was_said() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    content CONSTANT text[] := '{reason,answer,edited}';
    emptied CONSTANT jsonb := to_jsonb(NEW);
BEGIN
    IF TG_OP = 'UPDATE' AND emptied - content = to_jsonb(OLD) - content
        AND NEW.reason = (CASE OLD.reason WHEN '' THEN '' ELSE '—' END)
        AND emptied -> 'answer' IS NOT DISTINCT FROM (CASE WHEN emptied ? 'answer' THEN 'null'::jsonb END)
        AND emptied -> 'edited' IS NOT DISTINCT FROM (CASE WHEN emptied ? 'edited' THEN 'null'::jsonb END)
        AND EXISTS (
            SELECT FROM interventions_intervention question
            JOIN accounts_organization o ON o.id = question.organization_id
            WHERE question.id = OLD.intervention_id
                AND question.settled_at < now() - make_interval(days => o.keep_settled_days)
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;
"""

TRIGGERS = """
CREATE OR REPLACE TRIGGER a_decision_is_final BEFORE UPDATE OR DELETE ON interventions_decision
    FOR EACH ROW EXECUTE FUNCTION keep_what_was_said('A decision is final.');
CREATE OR REPLACE TRIGGER a_vote_is_final BEFORE UPDATE OR DELETE ON interventions_vote
    FOR EACH ROW EXECUTE FUNCTION keep_what_was_said('A vote is final.');
"""

AS_BEFORE = """
CREATE OR REPLACE TRIGGER a_decision_is_final BEFORE UPDATE OR DELETE ON interventions_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change('A decision is final.');
CREATE OR REPLACE TRIGGER a_vote_is_final BEFORE UPDATE OR DELETE ON interventions_vote
    FOR EACH ROW EXECUTE FUNCTION refuse_change('A vote is final.');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_how_long_and_who_is_gone"),
        ("interventions", "0012_of_which_platform"),
    ]

    operations = [
        migrations.AddField(
            model_name="intervention",
            name="emptied_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="content removed"),
        ),
        migrations.RunSQL(KEEP_WHAT_WAS_SAID, "DROP FUNCTION keep_what_was_said()"),
        migrations.RunSQL(TRIGGERS, AS_BEFORE),
    ]
